import type { AddonContext } from "@/lib/cluster/addons/addon";
import type { AgentSession } from "@/lib/cluster/addons/agents/agent-session";
import { UnknownFlag } from "../options";
import { checkExpiration } from "./check-expiration";
import { listImages } from "./images";
import { printInitDefaults, printJoinDefaults } from "./print-defaults";
import { renewCertificates, userKubeconfig } from "./renew";
import { createToken, deleteToken, generateToken, listTokens } from "./tokens";

export type KubeadmCommand = (session: AgentSession, context: AddonContext, argv: string[]) => Promise<void>;

const commands: Record<string, KubeadmCommand> = {
  "token list": listTokens,
  "token create": createToken,
  "token delete": deleteToken,
  "token generate": generateToken,
  "certs check-expiration": checkExpiration,
  "certs renew": renewCertificates,
  "kubeconfig user": userKubeconfig,
  "config images list": listImages,
  "config print init-defaults": printInitDefaults,
  "config print join-defaults": printJoinDefaults,
  version: (session, { cluster }, argv) => {
    const isShort = argv.join(" ").replace("=", " ").includes("-o short") || argv.includes("--output=short");
    const [, major, minor] = /^v(\d+)\.(\d+)/.exec(cluster.version) ?? [];
    session.printOut(
      isShort
        ? cluster.version
        : `kubeadm version: &version.Info{Major:"${major}", Minor:"${minor}", GitVersion:"${cluster.version}", GitTreeState:"clean", Compiler:"gc", Platform:"linux/amd64"}`,
    );
    return Promise.resolve();
  },
};

/** kubeadm's reading commands, its tokens and certificates (kubernetes 1.34 cmd/kubeadm); a lab's nodes have joined already. */
export async function kubeadm(session: AgentSession, context: AddonContext): Promise<number> {
  const argv = session.hello.argv.slice(1);
  const name = Object.keys(commands).find((words) =>
    words.split(" ").every((word, index) => argv[index] === word),
  );
  if (!name) {
    const words = argv.filter((word) => !word.startsWith("-")).slice(0, 2);
    session.print(`kubeadm${words.map((word) => ` ${word}`).join("")} is not supported in this lab.`);
    return 1;
  }
  try {
    await commands[name]!(session, context, argv.slice(name.split(" ").length));
    return 0;
  } catch (failure) {
    if (!(failure instanceof UnknownFlag)) throw failure;
    session.print(
      `unknown flag: --${failure.flag}`,
      "To see the stack trace of this error execute with --v=5 or higher",
    );
    return 1;
  }
}
