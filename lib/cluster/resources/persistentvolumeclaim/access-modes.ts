const short: Record<string, string> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

export const knownAccessModes = Object.keys(short);

/** GetAccessModesAsString: "RWO,ROX", in this order and each once. */
export const accessModes = (modes: string[] | undefined): string =>
  knownAccessModes
    .filter((mode) => modes?.includes(mode))
    .map((mode) => short[mode])
    .join(",");
