"use client";

import { javascript } from "@codemirror/lang-javascript";
import { markdown } from "@codemirror/lang-markdown";
import { yaml } from "@codemirror/lang-yaml";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { oneDarkHighlightStyle } from "@codemirror/theme-one-dark";
import { defaultHighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { basicSetup } from "codemirror";
import { useTheme } from "next-themes";
import { useEffect, useRef } from "react";

/** An editor for one file: YAML, Markdown, TypeScript or plain text by its name. Escape then Tab leaves it. */
export function CodeEditor({
  path,
  text,
  line,
  onChange,
}: {
  path: string;
  text: string;
  /** Goes there when it changes. */
  line: { number: number; request: number } | undefined;
  onChange: (text: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const changed = useRef(onChange);
  const initial = useRef(text);
  const highlighting = useRef(new Compartment());
  const { resolvedTheme } = useTheme();
  const theme = useRef(resolvedTheme);
  useEffect(() => {
    changed.current = onChange;
  }, [onChange]);

  useEffect(() => {
    const editor = new EditorView({
      parent: box.current!,
      state: EditorState.create({
        doc: initial.current,
        extensions: [
          basicSetup,
          languageOf(path),
          look,
          highlighting.current.of(highlightFor(theme.current)),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": `Text of ${path}` }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    editor.scrollDOM.tabIndex = 0; // what scrolls can be scrolled by keyboard
    view.current = editor;
    return () => editor.destroy();
  }, [path]);

  useEffect(() => {
    theme.current = resolvedTheme;
    view.current?.dispatch({ effects: highlighting.current.reconfigure(highlightFor(resolvedTheme)) });
  }, [resolvedTheme]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || !line) return;
    const target = editor.state.doc.line(Math.min(Math.max(1, line.number), editor.state.doc.lines));
    editor.dispatch({
      selection: { anchor: target.from },
      effects: EditorView.scrollIntoView(target.from, { y: "center" }),
    });
    editor.focus();
  }, [line]);

  return <div ref={box} className="h-full overflow-hidden" />;
}

function languageOf(path: string): Extension {
  if (/\.ya?ml$/.test(path)) return yaml();
  if (path.endsWith(".md")) return markdown();
  if (/\.[jt]s$/.test(path)) return javascript({ typescript: true });
  return [];
}

function highlightFor(theme: string | undefined): Extension {
  return syntaxHighlighting(theme === "dark" ? oneDarkHighlightStyle : defaultHighlightStyle);
}

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "var(--surface)", color: "var(--ink)" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--accent)" },
  ".cm-gutters": {
    backgroundColor: "var(--surface)",
    color: "var(--muted)",
    border: "none",
  },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in oklch, var(--sunken) 60%, transparent)",
  },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  "&.cm-focused": { outline: "none" },
});
