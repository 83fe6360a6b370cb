import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import type { PaymentMethod } from "../../api/types.ts";
import { DestructiveDialog } from "../../ui/destructive-dialog.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { cardWords } from "./billing-words.ts";

/** Asks first, because without a card each invoice must be paid by hand. */
export function RemoveCard({ card }: { card: NonNullable<PaymentMethod["card"]> }) {
  const { slug } = useTenant();
  const [opened, dialog] = useDisclosure(false);
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call(api.DELETE("/api/v1/tenants/{slug}/billing/payment-method", { params: { path: { slug } } })),
    onSuccess: () => notifications.show({ message: "The card is removed, here and at the payment provider." }),
    onSettled: () => queries.invalidateQueries(showing(slug, "billing", "auditLog")),
  });
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        Remove card…
      </Button>
      <DestructiveDialog
        title="Remove the card"
        opened={opened}
        onClose={dialog.close}
        error={remove.error}
        act={`Remove ${cardWords(card)}`}
        acting={remove.isPending}
        onAct={() => remove.mutate()}
      >
        <p>
          No invoice is charged to it any more. The next invoice comes by mail, and somebody has to pay it by its due date: by
          bank transfer, or by card with Pay beside the invoice.
        </p>
        <p>A payment that is on its way is still made. You can set up a card again at any time.</p>
      </DestructiveDialog>
    </>
  );
}
