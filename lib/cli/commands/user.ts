import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { z } from "zod";
import { newUser, password as passwordField } from "@/lib/auth/fields";
import type { Role } from "@/lib/auth/roles";
import { createUser, listUsers, resetPassword, setUserDisabled, type UserDeps } from "@/lib/auth/users";
import { contextOf, type CommandContext } from "@/lib/cli/command-context";
import { withDatabase } from "@/lib/cli/instance/with-database";
import { table } from "@/lib/cli/output";
import { AppError } from "@/lib/core/app-error";
import { systemClock } from "@/lib/core/clock";

const roleOption = () =>
  new Option("--role <role>", "what the account may do")
    .choices(["student", "grader", "admin"])
    .default("student");
const passwordOption = () =>
  new Option("--password-stdin", "read the password from standard input instead of making one up");

export function userCommand(): Command {
  const command = new Command("user").description(
    "Manage the people who may sign in. examctl must be running.",
  );
  command
    .command("add <username>")
    .description("Make an account; without --password-stdin a password is made and printed once.")
    .option("--name <name>", "the person's name (default: the user name)")
    .option("--email <address>")
    .addOption(roleOption())
    .addOption(passwordOption())
    .action(
      run<{ name?: string; email?: string; role: string; passwordStdin?: boolean }>(
        async (deps, context, username, options) => {
          const password = choosePassword(options.passwordStdin);
          const input = parse(newUser, {
            username: username!,
            name: options.name ?? username!,
            email: options.email,
            role: options.role.toUpperCase() as Role,
            password: password.value,
          });
          const id = await createUser(deps, "system", input);
          const shown = password.made ? { password: password.value } : {};
          context.output.result(
            { id, username: input.username, role: input.role, ...shown },
            () =>
              `Made ${options.role} ${input.username}.${password.made ? ` Password: ${password.value}` : ""}`,
          );
        },
      ),
    );
  command
    .command("list [search]")
    .description("List accounts.")
    .action(
      run(async (deps, context, search) => {
        const users = await listUsers(deps, "system", search ? { search } : {});
        context.output.result(users, (all) =>
          table(
            ["user", "name", "role", "state", "attempts"],
            all.map((one) => [
              one.username,
              one.name,
              one.role.toLowerCase(),
              one.disabledAt ? "disabled" : "active",
              one.attempts,
            ]),
          ),
        );
      }),
    );
  for (const [name, disabled] of [
    ["disable", true],
    ["enable", false],
  ] as const)
    command
      .command(`${name} <username>`)
      .description(
        disabled
          ? "Keep an account from signing in and end its sessions."
          : "Let a disabled account sign in again.",
      )
      .action(
        run(async (deps, context, username) => {
          const userId = await findUserId(deps, username!);
          await setUserDisabled(deps, "system", { userId, disabled });
          context.output.result(
            { username, disabled },
            () => `${username} is ${disabled ? "disabled" : "enabled"}.`,
          );
        }),
      );
  command
    .command("password <username>")
    .description("Set a new password; all sessions of the account end.")
    .addOption(passwordOption())
    .action(
      run<{ passwordStdin?: boolean }>(async (deps, context, username, options) => {
        const password = choosePassword(options.passwordStdin);
        const userId = await findUserId(deps, username!);
        await resetPassword(deps, "system", { userId, password: parse(passwordField, password.value) });
        context.output.result(
          { username, ...(password.made ? { password: password.value } : {}) },
          () =>
            `The password of ${username} is changed.${password.made ? ` New password: ${password.value}` : ""}`,
        );
      }),
    );
  return command;
}

type Action<Options> = (
  deps: UserDeps,
  context: CommandContext,
  argument: string | undefined,
  options: Options,
) => Promise<void>;

function run<Options = object>(action: Action<Options>) {
  return async (argument: string | undefined, options: Options, command: Command) => {
    const context = contextOf(command);
    await withDatabase(context.config, (db) =>
      action({ db, clock: systemClock }, context, argument, options),
    ).catch((failure: unknown) => {
      throw failure instanceof AppError ? failure : notReachable(failure);
    });
  };
}

function notReachable(cause: unknown): AppError {
  return new AppError(
    "unavailable",
    "The database cannot be reached. Is examctl running? Start it with `npm run up`.",
    { cause },
  );
}

async function findUserId(deps: UserDeps, username: string): Promise<string> {
  const user = await deps.db.user.findUnique({ where: { username: username.toLowerCase() } });
  if (!user)
    throw new AppError("not-found", `There is no account ${username}. \`examctl user list\` shows all.`);
  return user.id;
}

function choosePassword(fromStdin = false): { value: string; made: boolean } {
  if (fromStdin) return { value: readFileSync(0, "utf8").replace(/\r?\n$/, ""), made: false };
  return { value: randomBytes(12).toString("base64url"), made: true };
}

function parse<S extends z.ZodType>(schema: S, value: z.input<S>): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError("invalid", z.prettifyError(parsed.error));
}
