"use client";

import { useEffect, useState } from "react";

/** The server's time, ticking every `everyMs`: the browser's clock corrected by what the server said at load. */
export function useNow(serverNowMs: number, everyMs = 1000): number {
  const [now, setNow] = useState(serverNowMs);
  useEffect(() => {
    const offset = serverNowMs - Date.now();
    const timer = setInterval(() => setNow(Date.now() + offset), everyMs);
    return () => clearInterval(timer);
  }, [serverNowMs, everyMs]);
  return now;
}
