import { Button } from "@mantine/core";
import { IconReceipt } from "@tabler/icons-react";
import { Link, useMatch } from "react-router";
import type { Tenant } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { Note } from "../../ui/note.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { billingDay } from "./billing-words.ts";

/** On every page, for members who may see billing: an invoice is overdue, or nobody can begin to talk. */
export function BillingBanner() {
  const { slug, billing } = useTenant();
  const onBilling = useMatch("/:slug/settings/billing") !== null;
  const said = saidOf(billing);
  if (said === null) return null;
  return (
    <div className={settings.banner}>
      <Note
        tone="amber"
        icon={<IconReceipt size={18} aria-hidden />}
        title={said.title}
        announced
        action={
          !onBilling && (
            <Button size="xs" variant="default" component={Link} to={paths.settingsBilling(slug)}>
              Open Billing
            </Button>
          )
        }
      >
        {said.text}
      </Note>
    </div>
  );
}

function saidOf(billing: Tenant["billing"]): { title: string; text: string } | null {
  switch (billing?.state) {
    case "past_due":
      return {
        title: "An invoice is overdue",
        text:
          billing.until === null
            ? ""
            : `If it isn't paid by ${billingDay(billing.until)}, nobody can begin to talk from then on.`,
      };
    case "stopped":
      return {
        title: "Nobody can begin to talk until the overdue invoice is paid",
        text: "Listening, Members and Billing stay open.",
      };
    case "none":
      return { title: "Nobody can begin to talk without a plan", text: "Listening, Members and Billing stay open." };
    default:
      return null;
  }
}
