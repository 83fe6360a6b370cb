import { knownZone } from "#contract/time-zone.ts";
import { startAccessReview } from "#contract/http/access-reviews.ts";
import { Button, Modal, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { paths } from "../../paths.ts";
import { wallNow } from "../../ui/clocks.ts";
import { addDays, dayIn, endOfDay } from "../../ui/days.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { useTenant } from "../tenants/tenant-context.ts";

const DEFAULT_DAYS = 14;

/** Days in the workspace's time zone, because the page shows everybody the due day in that time zone. */
function daysFrom(now: number, timeZone: string) {
  const today = dayIn(timeZone, now);
  const month = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: knownZone(timeZone) });
  return { today, suggested: addDays(today, DEFAULT_DAYS), last: addDays(today, 365), month: month.format(now) };
}

export function StartReview({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Start an access review">
      <StartForm onClose={onClose} />
    </Modal>
  );
}

function StartForm({ onClose }: { onClose: () => void }) {
  const { slug, display } = useTenant();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [days] = useState(() => daysFrom(wallNow(), display.timeZone));
  const form = useForm({
    initialValues: { name: `Access review ${days.month}`, dueAt: days.suggested },
    validate: {
      name: (value) => startAccessReview.body.shape.name.safeParse(value).error?.issues[0]?.message ?? null,
      dueAt: (value) => (value === "" ? "Choose a day." : null),
    },
  });
  const { busy, failure, onSubmit } = useSubmit(form, async ({ name, dueAt }) => {
    // The review is due at the end of that day.
    const body = { name, dueAt: endOfDay(display.timeZone, dueAt) };
    const review = await call(api.POST("/api/v1/tenants/{slug}/access-reviews", { params: { path: { slug } }, body }));
    await queries.invalidateQueries(showing(slug, "accessReviews"));
    await navigate(paths.accessReview(slug, review.reviewId));
  });
  return (
    <form className={formClasses.form} onSubmit={onSubmit} noValidate>
      <p>Lists every current member and what they can do. Nobody's access changes until someone decides.</p>
      <FailureNote>{failure}</FailureNote>
      <TextInput label="Name" maxLength={80} autoComplete="off" data-autofocus {...form.getInputProps("name")} />
      <TextInput
        label="Due"
        description="Decide on everyone by the end of this day"
        type="date"
        min={days.today}
        max={days.last}
        {...form.getInputProps("dueAt")}
      />
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Start the review
        </Button>
      </div>
    </form>
  );
}
