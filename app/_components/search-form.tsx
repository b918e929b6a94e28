import { Search } from "lucide-react";
import { Button } from "@/app/_ui/button";
import { Input } from "@/app/_ui/field";

/** A search that is part of the page's address, so it can be linked and works without scripts. */
export function SearchForm({
  label,
  placeholder,
  search,
  children,
}: {
  label: string;
  placeholder: string;
  search: string;
  children?: React.ReactNode;
}) {
  return (
    <form role="search" className="mb-4 flex flex-wrap items-center gap-2">
      <div className="relative min-w-56 flex-1 sm:max-w-xs">
        <Search className="absolute top-2.5 left-3 size-4 text-muted" aria-hidden />
        <Input
          name="search"
          type="search"
          aria-label={label}
          placeholder={placeholder}
          defaultValue={search}
          maxLength={100}
          className="pl-9"
        />
      </div>
      {children}
      <Button type="submit">Search</Button>
    </form>
  );
}
