import { Command } from "commander";
import { contextOf } from "@/lib/cli/command-context";
import { embeddedDatabaseUrl } from "@/lib/cli/instance/database";
import { loadSecrets } from "@/lib/cli/instance/secrets";
import { migrate } from "@/lib/db/migrate";
import { seed } from "@/lib/exam/seed";

export function databaseCommand(): Command {
  const command = new Command("database").description("The database of this instance.");
  command
    .command("prepare")
    .description(
      "Apply migrations, load the labs that come with examctl, make the first accounts. Safe to repeat.",
    )
    .action(async (_options, self: Command) => {
      const { config, output } = contextOf(self);
      const databaseUrl =
        config.databaseUrl ?? embeddedDatabaseUrl(config, await loadSecrets(config.dataDir));
      const migrations = await migrate(databaseUrl);
      const { labs, users, passwordsFile } = await seed({ databaseUrl, dataDir: config.dataDir });
      const made = users.map(({ username, role, source }) => ({ username, role, source }));
      output.result({ migrations, labs, users: made, passwordsFile }, (all) =>
        [
          `${all.migrations.length} migrations applied, ${all.labs.length} labs, ${made.length} accounts made.`,
          ...(passwordsFile ? [`Their passwords are in ${passwordsFile}.`] : []),
        ].join("\n"),
      );
    });
  return command;
}
