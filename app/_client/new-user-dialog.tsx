"use client";

import { Dices, UserPlus } from "lucide-react";
import { useState, useTransition } from "react";
import { toast } from "sonner";
import { createUserAction } from "@/app/_actions/users";
import { Button } from "@/app/_ui/button";
import { Notice } from "@/app/_ui/card";
import { Dialog } from "@/app/_ui/dialog";
import { Field, Input } from "@/app/_ui/field";
import { Form } from "@/app/_ui/form";
import { roleWords } from "@/app/_ui/format";
import { Select } from "@/app/_ui/select";
import { randomPassword } from "./random-password";

export const roleOptions = ["STUDENT", "GRADER", "ADMIN"].map((value) => ({
  value,
  label: roleWords[value]!,
}));

export function NewUserDialog() {
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<string>();
  const [password, setPassword] = useState("");
  const [busy, start] = useTransition();

  function submit(form: FormData) {
    const text = (name: string) => String(form.get(name) ?? "");
    start(async () => {
      const result = await createUserAction({
        username: text("username"),
        name: text("name"),
        email: text("email"),
        role: text("role") as "STUDENT",
        password,
      });
      if (!result.ok) return setError(result.error);
      toast.success(result.message);
      setOpen(false);
    });
  }

  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        setError(undefined);
        setPassword("");
      }}
      trigger={
        <Button variant="primary">
          <UserPlus aria-hidden /> Add a person
        </Button>
      }
      title="Add a person"
      description="Give them the user name and the password; they can change it after signing in."
    >
      <Form onSend={submit}>
        <Field label="Name">{(props) => <Input {...props} name="name" required maxLength={80} />}</Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="User name">
            {(props) => <Input {...props} name="username" required autoCapitalize="none" maxLength={40} />}
          </Field>
          <Field label="Role">
            {({ id }) => <Select id={id} name="role" options={roleOptions} defaultValue="STUDENT" />}
          </Field>
        </div>
        <Field label="E-mail (optional)">{(props) => <Input {...props} name="email" type="email" />}</Field>
        <PasswordField value={password} onChange={setPassword} />
        <div role="alert">{error ? <Notice tone="bad">{error}</Notice> : null}</div>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" busy={busy}>
            Add
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** A password that somebody is told, so it is shown; a button makes one up. */
export function PasswordField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Field label="First password" hint="At least 10 characters.">
      {(props) => (
        <div className="flex gap-2">
          <Input
            {...props}
            className="font-mono"
            autoComplete="off"
            value={value}
            minLength={10}
            required
            onChange={(event) => onChange(event.target.value)}
          />
          <Button onClick={() => onChange(randomPassword())}>
            <Dices aria-hidden /> Make one up
          </Button>
        </div>
      )}
    </Field>
  );
}
