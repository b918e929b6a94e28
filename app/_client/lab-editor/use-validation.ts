"use client";

import { useCallback, useEffect, useState } from "react";
import { api } from "@/app/_client/api";
import type { VersionSummary } from "@/lib/exam/lab-versions";

export type FollowedVersion = VersionSummary & { interrupted?: boolean };

/** A version whose validation is followed while it runs. */
export function useValidation(initial: VersionSummary | undefined) {
  const [version, setVersion] = useState<FollowedVersion | undefined>(initial);
  const running = version?.validation === "RUNNING";
  const id = version?.id;

  const load = useCallback(async (versionId: string) => {
    setVersion(await api<FollowedVersion>("GET", `/api/admin/versions/${versionId}`));
  }, []);

  useEffect(() => {
    if (!running || !id) return;
    const timer = setInterval(() => void load(id).catch(() => undefined), 700);
    return () => clearInterval(timer);
  }, [running, id, load]);

  return { version, load };
}
