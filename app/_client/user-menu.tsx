"use client";

import { Ban, Ellipsis, KeyRound, RotateCcw, UserCog } from "lucide-react";
import { useState, useTransition } from "react";
import { toast } from "sonner";
import { resetPasswordAction, setUserDisabledAction, setUserRoleAction } from "@/app/_actions/users";
import { Button } from "@/app/_ui/button";
import { Dialog } from "@/app/_ui/dialog";
import { Field } from "@/app/_ui/field";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/app/_ui/menu";
import { Select } from "@/app/_ui/select";
import { PasswordField, roleOptions } from "./new-user-dialog";
import { randomPassword } from "./random-password";

interface MenuUser {
  id: string;
  username: string;
  role: "STUDENT" | "GRADER" | "ADMIN";
  disabled: boolean;
}

/** What an admin can do with an account. */
export function UserMenu({ user, self }: { user: MenuUser; self: boolean }) {
  const [dialog, setDialog] = useState<"role" | "password" | "disable">();
  const [role, setRole] = useState(user.role);
  const [password, setPassword] = useState("");
  const [busy, start] = useTransition();

  function run(work: () => Promise<{ ok: true } | { ok: false; error: string }>, done: string) {
    start(async () => {
      const result = await work();
      if (!result.ok) return void toast.error(result.error);
      toast.success(done);
      setDialog(undefined);
    });
  }

  const close = (open: boolean) => setDialog(open ? dialog : undefined);
  return (
    <>
      <Menu>
        <MenuTrigger asChild>
          <Button variant="ghost" size="icon" aria-label={`Actions for ${user.username}`}>
            <Ellipsis aria-hidden />
          </Button>
        </MenuTrigger>
        <MenuContent>
          <MenuItem
            onSelect={() => {
              setPassword(randomPassword());
              setDialog("password");
            }}
          >
            <KeyRound aria-hidden /> Set a new password
          </MenuItem>
          <MenuItem disabled={self} onSelect={() => setDialog("role")}>
            <UserCog aria-hidden /> Change the role
          </MenuItem>
          {user.disabled ? (
            <MenuItem
              onSelect={() =>
                run(
                  () => setUserDisabledAction({ userId: user.id, disabled: false }),
                  `${user.username} can sign in again.`,
                )
              }
            >
              <RotateCcw aria-hidden /> Enable
            </MenuItem>
          ) : (
            <MenuItem disabled={self} onSelect={() => setDialog("disable")}>
              <Ban aria-hidden /> Disable
            </MenuItem>
          )}
        </MenuContent>
      </Menu>
      <Dialog
        open={dialog === "role"}
        onOpenChange={close}
        title={`Role of ${user.username}`}
        description="Graders see all attempts and change scores; administrators also manage labs and people."
      >
        <Field label="Role">
          {({ id }) => (
            <Select
              id={id}
              options={roleOptions}
              value={role}
              onValueChange={(value) => setRole(value as MenuUser["role"])}
            />
          )}
        </Field>
        <Footer
          busy={busy}
          label="Change the role"
          onConfirm={() => run(() => setUserRoleAction({ userId: user.id, role }), "The role is changed.")}
        />
      </Dialog>
      <Dialog
        open={dialog === "password"}
        onOpenChange={close}
        title={`New password for ${user.username}`}
        description="All sessions of the account end. Note the password down: it is not shown again."
      >
        <PasswordField value={password} onChange={setPassword} />
        <Footer
          busy={busy}
          label="Set the password"
          onConfirm={() =>
            run(() => resetPasswordAction({ userId: user.id, password }), "The new password is set.")
          }
        />
      </Dialog>
      <Dialog
        open={dialog === "disable"}
        onOpenChange={close}
        title={`Disable ${user.username}?`}
        description="They are signed out at once and cannot sign in. Their attempts and scores stay; a running attempt ends with its time."
      >
        <Footer
          busy={busy}
          label="Disable"
          danger
          onConfirm={() =>
            run(
              () => setUserDisabledAction({ userId: user.id, disabled: true }),
              `${user.username} is disabled.`,
            )
          }
        />
      </Dialog>
    </>
  );
}

function Footer({
  busy,
  label,
  danger,
  onConfirm,
}: {
  busy: boolean;
  label: string;
  danger?: boolean;
  onConfirm: () => void;
}) {
  return (
    <div className="mt-6 flex justify-end">
      <Button variant={danger ? "danger" : "primary"} busy={busy} onClick={onConfirm}>
        {label}
      </Button>
    </div>
  );
}
