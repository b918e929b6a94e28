import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { cn } from "./cn";

/** Text of a lab's author. HTML in it is shown as text; links open in a new tab. */
export function Markdown({ text, className }: { text: string; className?: string }) {
  return (
    <div className={cn("prose-lab", className)}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        components={{
          a: ({ node: _node, ...props }) => <a {...props} target="_blank" rel="noreferrer" />,
          img: ({ alt }) => <span className="text-muted">[{alt}]</span>,
          h1: ({ node: _node, ...props }) => <h3 {...props} />,
          h2: ({ node: _node, ...props }) => <h3 {...props} />,
          pre: ({ node: _node, ...props }) => <pre tabIndex={0} {...props} />,
        }}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
