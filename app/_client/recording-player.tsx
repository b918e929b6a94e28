"use client";

import { useEffect, useRef, useState } from "react";
import { Notice } from "@/app/_ui/card";
import "asciinema-player/dist/bundle/asciinema-player.css";

const narrowPx = 560;

/** Replays an asciicast; long pauses are cut to two seconds. */
export function RecordingPlayer({ url }: { url: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let player: { dispose: () => void } | undefined;
    let gone = false;
    const load = async () => {
      const { create } = await import("asciinema-player");
      if (gone || !box.current) return;
      player = create(url, box.current, {
        idleTimeLimit: 2,
        // On a phone, a terminal as wide as the page could not be read: it is scrolled.
        fit: box.current.clientWidth < narrowPx ? false : "width",
        terminalFontFamily: '"JetBrains Mono Variable", monospace',
        preload: true,
        controls: true,
      });
    };
    load().catch(() => setFailed(true));
    return () => {
      gone = true;
      player?.dispose();
    };
  }, [url]);
  return (
    <div className="min-w-0">
      {failed ? <Notice tone="bad">The player could not be loaded. Load the page again.</Notice> : null}
      <div
        ref={box}
        role="region"
        aria-label="Recording of the terminal"
        tabIndex={0}
        className="overflow-x-auto rounded-lg border border-line"
      />
      <p className="mt-2 text-xs text-muted">
        Space plays and pauses, the arrow keys jump five seconds. Pauses longer than two seconds are cut.
      </p>
    </div>
  );
}
