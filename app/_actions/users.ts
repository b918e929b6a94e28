"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { act } from "@/app/_server/action";
import { newUser, password } from "@/lib/auth/fields";
import { role } from "@/lib/auth/roles";
import { changeOwnPassword, createUser, resetPassword, setUserDisabled, setUserRole } from "@/lib/auth/users";

const userId = z.string().min(1).max(40);

export async function createUserAction(input: z.input<typeof newUser>) {
  return act(newUser, input, async ({ deps, actor, input }) => {
    await createUser(deps, actor, input);
    revalidatePath("/admin/users");
    return `${input.username} can sign in now.`;
  });
}

const disabledInput = z.object({ userId, disabled: z.boolean() });

export async function setUserDisabledAction(input: z.input<typeof disabledInput>) {
  return act(disabledInput, input, async ({ deps, actor, input }) => {
    await setUserDisabled(deps, actor, input);
    revalidatePath("/admin/users");
  });
}

const roleInput = z.object({ userId, role });

export async function setUserRoleAction(input: z.input<typeof roleInput>) {
  return act(roleInput, input, async ({ deps, actor, input }) => {
    await setUserRole(deps, actor, input);
    revalidatePath("/admin/users");
  });
}

const passwordInput = z.object({ userId, password });

export async function resetPasswordAction(input: z.input<typeof passwordInput>) {
  return act(passwordInput, input, async ({ deps, actor, input }) => {
    await resetPassword(deps, actor, input);
  });
}

const ownPasswordInput = z.object({ current: z.string().max(200), password });

export async function changeOwnPasswordAction(input: z.input<typeof ownPasswordInput>) {
  return act(ownPasswordInput, input, async ({ deps, actor, input }) => {
    await changeOwnPassword(deps, actor, input);
  });
}
