#!/usr/bin/perl
# A page at port 8080 that is green when the database can be logged in to, and says why not when it cannot.
use strict;
use warnings;
use IO::Socket::INET;
use POSIX ();
$| = 1;
$SIG{CHLD} = 'IGNORE';
$SIG{TERM} = $SIG{INT} = sub { POSIX::_exit(0) };
my %color = (red => '#e74c3c', green => '#16a085', blue => '#2980b9', pink => '#be2edd', darkblue => '#130f40');
my ($host, $user, $password) = map { $ENV{$_} // '' } qw(DB_Host DB_User DB_Password);
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 64, ReuseAddr => 1) or die "listen: $!\n";
print " * Running on all addresses (0.0.0.0)\n * Running on http://127.0.0.1:8080\n";

sub connects {
  my $pid = open(my $out, '-|') // return (0, "$!");
  if ($pid == 0) {
    open(STDERR, '>&', \*STDOUT);
    $ENV{MYSQL_PWD} = $password;
    exec 'mariadb', '--host=' . ($host || 'localhost'), "--user=$user", '--protocol=tcp', '--connect-timeout=3', '--execute=select 1';
  }
  my $text = join '', <$out>;
  close $out;
  return ($? == 0, $text);
}

while (1) {
  my $client = $server->accept or next;
  my $child = fork();
  if ($child) { close $client; next }
  my $request = <$client> // '';
  while (my $line = <$client>) { last if $line =~ /^\r?$/ }
  local $SIG{CHLD} = 'DEFAULT';
  my ($ok, $text) = connects();
  my $settings = "Environment Variables: DB_Host=" . ($host || 'Not Set') . "; DB_Database=" . ($ENV{DB_Database} // 'Not Set')
    . "; DB_User=" . ($user || 'Not Set') . "; DB_Password=" . ($password || 'Not Set') . "; ";
  $text =~ s/\s+$//;
  my $body = "<!doctype html>\n<title>Hello from Flask</title>\n<body style=\"background: " . ($ok ? $color{green} : $color{red})
    . ";\">\n<div>\n  <h3>" . ($ok ? "<img src=\"/static/img/success.jpg\"> Successfully connected to the MySQL database." : "<img src=\"/static/img/failed.png\"> Failed connecting to the MySQL database. ")
    . "</h3>\n  <p>$settings" . ($ok ? '' : " $text") . "</p>\n  <p>From " . (POSIX::uname())[1] . "!</p>\n</div>\n</body>\n";
  my ($ip) = $client->peerhost;
  print qq($ip - - "@{[ $request =~ s/\r?\n//r ]}" 200 -\n);
  print $client "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
  close $client;
  POSIX::_exit(0);
}
