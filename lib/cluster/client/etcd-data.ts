/** What a client of etcd is told of a snapshot. */
export interface SnapshotFacts {
  /** "b1cd4d25" */
  hash: string;
  revision: number;
  totalKeys: number;
  totalBytes: number;
}

/** What a cluster's etcd holds, as backups and data folders have it. Texts are files on a node: whoever is root there wrote them. */
export interface EtcdData {
  snapshot(): Promise<{ text: string; facts: SnapshotFacts }>;
  /** Throws an Error in etcd's words for what is no snapshot of this cluster, or was changed. */
  read(text: string): SnapshotFacts;
  /** The database of a new data folder with what the snapshot holds. Throws as `read`. */
  restore(text: string): string;
  /**
   * Goes on with the database of a data folder (undefined: the folder is empty) and resolves with its text. What the
   * cluster held until now stays that of the folder before. Throws an Error in etcd's words.
   */
  open(database: string | undefined): Promise<string>;
}
