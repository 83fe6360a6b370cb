import { Button } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { goToProvider } from "./go-to-provider.ts";
import { ssoOptionsQuery } from "./queries.ts";
import classes from "./sso.module.css";

/** Begins to sign in through a connection. @param back the page to open afterwards */
function useSsoSignIn(back?: string) {
  return useMutation({
    mutationFn: async (connectionId: string) => {
      const { url } = await call(
        api.POST("/api/v1/sso/{connectionId}/start", { params: { path: { connectionId } }, body: { purpose: "sign_in" } }),
      );
      goToProvider(url, back);
      // Stays busy until the browser has left.
      await new Promise(() => {});
    },
  });
}

/** The connections for an address, once there is one. The answer is about its domain, so it says nothing about a person. */
export function useSsoOptions(locked?: string) {
  const [email, setEmail] = useState(locked ?? "");
  const asked = /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email);
  const { data } = useQuery({ ...ssoOptionsQuery(email), enabled: asked, retry: false, staleTime: Infinity });
  return { ask: (address: string) => setEmail(address.trim()), items: asked ? (data?.items ?? []) : [] };
}

interface SsoOptionsProps {
  items: readonly { connectionId: string; name: string }[];
  /** The page to open afterwards; by default the workspace's board. */
  back?: string | undefined;
}

/** A button for each connection, above the password field, which stays. */
export function SsoOptions({ items, back }: SsoOptionsProps) {
  const signIn = useSsoSignIn(back);
  return (
    <div className={classes.options}>
      <p role="status">{items.length > 0 && "Your organization offers single sign-on."}</p>
      <FailureNote>{signIn.isError && words(signIn.error)}</FailureNote>
      {items.map(({ connectionId, name }) => (
        <Button
          key={connectionId}
          size="md"
          variant="default"
          leftSection={<IconKey size={18} />}
          loading={signIn.isPending && signIn.variables === connectionId}
          disabled={signIn.isPending && signIn.variables !== connectionId}
          onClick={() => signIn.mutate(connectionId)}
        >
          Continue with {name}
        </Button>
      ))}
    </div>
  );
}
