import type { Gateway } from "@/lib/cluster/addons/gateway-api/types";
import { isFalse, isTrue, type Finding } from "./conditions";
import type { GatewayState, Inputs, ListenerState, Settings } from "./graph";
import { judgeListeners } from "./judge-listeners";

/** A gateway and its listeners, before routes are attached. */
export function judgeGateway(gateway: Gateway, inputs: Inputs, settings: Settings): GatewayState {
  const refusal = refusalOf(gateway, settings);
  const listeners = refusal ? [] : judgeListeners(gateway, inputs, settings);
  return {
    gateway,
    isValid: !refusal,
    findings: refusal ?? findingsOf(gateway, listeners),
    listeners,
    configuration: { servers: [], upstreams: [], streams: [], certificates: [], authorities: [] },
  };
}

function refusalOf(gateway: Gateway, settings: Settings): Finding[] | undefined {
  const invalid = (reason: string, message: string) => [
    isFalse("Accepted", reason, message),
    isFalse("Programmed", "Invalid", message),
  ];
  const address = gateway.spec.addresses?.find(({ type = "IPAddress" }) => type !== "IPAddress");
  if (address)
    return invalid(
      "UnsupportedAddress",
      `spec.addresses.type: Unsupported value: "${address.type}": supported values: "IPAddress"`,
    );
  const problem = settings.parametersProblem(gateway);
  return problem === undefined
    ? undefined
    : invalid("InvalidParameters", `The Gateway is not accepted due to an invalid ParametersRef: ${problem}`);
}

function findingsOf({ spec }: Gateway, listeners: ListenerState[]): Finding[] {
  const valid = listeners.filter(({ isValid }) => isValid).length;
  if (valid === 0) {
    const message = "The Gateway has no valid listeners";
    return [isFalse("Accepted", "ListenersNotValid", message), isFalse("Programmed", "Invalid", message)];
  }
  return [
    valid < listeners.length
      ? isTrue("Accepted", "ListenersNotValid", "The Gateway has at least one valid listener")
      : isTrue("Accepted", "Accepted", "The Gateway is accepted"),
    isTrue("Programmed", "Programmed", "The Gateway is programmed"),
    ...(spec.addresses?.some(({ value }) => !value)
      ? [
          isFalse(
            "Programmed",
            "AddressNotAssigned",
            "Dynamically assigned addresses for the Gateway addresses field are not supported, value must be specified",
          ),
        ]
      : []),
  ];
}
