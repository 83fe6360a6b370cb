import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { paths } from "../../paths.ts";
import { counted } from "../../ui/counted.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { buyersQuery } from "./queries.ts";

const names = new Intl.ListFormat(undefined, { type: "disjunction" });

/** For a person in a workspace without free licences: where to buy one, or whom to ask. */
export function LicencesHelp() {
  const { slug, can } = useTenant();
  if (!can.manageLicences) return <WhomToAsk what="licences" />;
  return (
    <p>
      <Link to={paths.buyLicences(slug)}>Buy licences</Link>
    </p>
  );
}

/** For a person in a workspace without an add-on: where to buy it, or whom to ask. */
export function AddOnHelp() {
  const { slug, can } = useTenant();
  if (!can.manageAddOns) return <WhomToAsk what="add-ons" />;
  return (
    <p>
      <Link to={paths.buyAddOns(slug)}>Buy add-ons</Link>
    </p>
  );
}

function WhomToAsk({ what }: { what: "licences" | "add-ons" }) {
  const { slug, can } = useTenant();
  const buyers = useQuery({ ...buyersQuery(slug, what), enabled: can.viewMembers });
  const { items = [], more = 0 } = buyers.data ?? {};
  const wanted = what === "licences" ? "buy more" : "buy it";
  if (items.length === 0) return <p>An admin can {wanted}.</p>;
  const people = items.map(({ name }) => name);
  return (
    <p>
      Ask <span translate="no">{names.format(people)}</span>
      {more > 0 && ` (or ${counted(more, "other person", "other people")})`} to {wanted}.
    </p>
  );
}
