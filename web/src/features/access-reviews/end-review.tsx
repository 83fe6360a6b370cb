import { Button, Modal, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import type { AccessReview } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { people } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { useTenant } from "../tenants/tenant-context.ts";

interface EndReviewProps {
  review: AccessReview;
  opened: boolean;
  onClose: () => void;
}

/** Completes a review. While some members are undecided, the review ends early and needs a reason. */
export function EndReview({ review, opened, onClose }: EndReviewProps) {
  const early = review.counts.pending > 0;
  return (
    <Modal opened={opened} onClose={onClose} title={early ? `End ${review.name} early` : `Complete ${review.name}`}>
      <EndForm review={review} early={early} onClose={onClose} />
    </Modal>
  );
}

function EndForm({ review, early, onClose }: Omit<EndReviewProps, "opened"> & { early: boolean }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { note: "" },
    validate: { note: (value) => (early && value.trim() === "" ? "Say why it ends early." : null) },
  });
  const { busy, failure, onSubmit } = useSubmit(form, async ({ note }) => {
    const path = { slug, reviewId: review.reviewId };
    const body = { early, note: note.replaceAll(/[\r\n]+/g, " ") };
    await call(api.POST("/api/v1/tenants/{slug}/access-reviews/{reviewId}/completion", { params: { path }, body }));
    await queries.invalidateQueries(showing(slug, "accessReviews"));
    notifications.show({ message: `${review.name} has ended. Its report is kept.` });
    onClose();
  });
  return (
    <form className={formClasses.form} onSubmit={onSubmit} noValidate>
      <p>
        {early && `${people(review.counts.pending)} will be listed as not decided. Their access stays as it is. `}
        The decisions become final.
      </p>
      <FailureNote>{failure}</FailureNote>
      {early && <Textarea label="Why" autosize minRows={2} maxLength={500} data-autofocus {...form.getInputProps("note")} />}
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose}>
          Keep reviewing
        </Button>
        <Button type="submit" loading={busy}>
          {early ? "End the review early" : "Complete the review"}
        </Button>
      </div>
    </form>
  );
}
