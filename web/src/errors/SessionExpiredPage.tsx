import { Button, Stack } from "@mantine/core";
import { words } from "../api/errors.ts";
import { ReauthenticationForm } from "../features/accounts/reauthentication-form.tsx";
import { useSignOut } from "../features/accounts/use-sign-out.ts";
import { PlainFrame } from "../features/page-frames/plain-frame.tsx";
import { usePageTitle } from "../ui/use-page-title.ts";

/** Replaces the whole workspace for a session that must authenticate again to enter it. */
export function SessionExpiredPage({ error, retry }: { error: unknown; retry: () => void }) {
  usePageTitle("Confirm that it's you");
  const signOut = useSignOut();
  return (
    <PlainFrame narrow>
      <h1>Confirm that it&apos;s you</h1>
      <Stack gap={16} mt={16} align="stretch">
        <p>{words(error)} Your other workspaces are open to you as before.</p>
        <ReauthenticationForm onDone={retry} />
      </Stack>
      <Button variant="subtle" mt={24} loading={signOut.isPending} onClick={() => signOut.mutate()}>
        Sign out
      </Button>
    </PlainFrame>
  );
}
