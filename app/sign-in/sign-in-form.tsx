"use client";

import { CircleAlert } from "lucide-react";
import { signIn } from "next-auth/react";
import { useRef, useState, type FormEvent } from "react";
import { Button } from "@/app/_ui/button";
import { Notice } from "@/app/_ui/card";
import { Field, Input } from "@/app/_ui/field";

export function SignInForm({ back }: { back: string }) {
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const passwordRef = useRef<HTMLInputElement>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(undefined);
    const result = await signIn("credentials", {
      redirect: false,
      username: String(form.get("username")),
      password: String(form.get("password")),
    }).catch(() => undefined);
    if (result?.ok && !result.error) {
      // A full load: nothing of a former account's pages stays in memory.
      window.location.assign(back);
      return;
    }
    setBusy(false);
    setError(result?.error ?? "The server does not answer. Try again in a moment.");
    passwordRef.current?.select();
  }

  return (
    <form onSubmit={submit} className="space-y-4">
      <Field label="User name">
        {(props) => (
          <Input
            {...props}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            required
            autoFocus
          />
        )}
      </Field>
      <Field label="Password">
        {(props) => (
          <Input
            {...props}
            ref={passwordRef}
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
        )}
      </Field>
      <div role="alert">
        {error ? (
          <Notice tone="bad" icon={<CircleAlert aria-hidden />}>
            {error}
          </Notice>
        ) : null}
      </div>
      <Button type="submit" variant="primary" size="lg" busy={busy} className="w-full">
        Sign in
      </Button>
    </form>
  );
}
