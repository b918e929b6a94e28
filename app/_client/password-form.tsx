"use client";

import { useState, useTransition } from "react";
import { changeOwnPasswordAction } from "@/app/_actions/users";
import { Button } from "@/app/_ui/button";
import { Notice } from "@/app/_ui/card";
import { Field, Input } from "@/app/_ui/field";
import { signOut } from "./sign-out";

export function PasswordForm() {
  const [error, setError] = useState<string>();
  const [busy, start] = useTransition();

  function submit(form: FormData) {
    const password = String(form.get("password"));
    if (password !== form.get("again")) return setError("The new password differs from its repetition.");
    start(async () => {
      const result = await changeOwnPasswordAction({ current: String(form.get("current")), password });
      if (!result.ok) return setError(result.error);
      await signOut();
    });
  }

  return (
    <form action={submit} className="space-y-4">
      <Field label="Current password">
        {(props) => (
          <Input {...props} name="current" type="password" autoComplete="current-password" required />
        )}
      </Field>
      <Field label="New password" hint="At least 10 characters.">
        {(props) => (
          <Input
            {...props}
            name="password"
            type="password"
            autoComplete="new-password"
            minLength={10}
            required
          />
        )}
      </Field>
      <Field label="New password again">
        {(props) => <Input {...props} name="again" type="password" autoComplete="new-password" required />}
      </Field>
      <div role="alert">{error ? <Notice tone="bad">{error}</Notice> : null}</div>
      <Button type="submit" variant="primary" busy={busy}>
        Change the password
      </Button>
    </form>
  );
}
