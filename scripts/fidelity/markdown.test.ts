import { expect, test } from "vitest";
import { blocksOf } from "./markdown";

const text = `# Task
Do it.

<details><summary>Tip</summary>

\`\`\`
kubectl get pods
\`\`\`{{exec}}

</details>
<details>
<summary>Solution</summary>

1. Like this:

   \`\`\`bash
   kubectl apply -f a.yaml
     indented
   \`\`\`

</details>

## Check

\`\`\`\`yaml
a: "\`\`\`"
\`\`\`\`
`;

test("fenced blocks know their language, their headings and the details around them, and lose their indent", () => {
  expect(blocksOf(text)).toEqual([
    {
      language: "",
      text: "kubectl get pods",
      headings: ["Task"],
      summaries: ["Tip"],
      isRun: true,
      lead: "Do it.",
    },
    {
      ...{ language: "bash", text: "kubectl apply -f a.yaml\n  indented", headings: ["Task"] },
      ...{ summaries: ["Solution"], isRun: false, lead: "1. Like this:" },
    },
    {
      language: "yaml",
      text: 'a: "```"',
      headings: ["Task", "Check"],
      summaries: [],
      isRun: false,
      lead: "Check",
    },
  ]);
});
