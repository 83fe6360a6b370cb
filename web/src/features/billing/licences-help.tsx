import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { paths } from "../../paths.ts";
import { counted } from "../../ui/counted.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { licenceBuyersQuery } from "./queries.ts";

const names = new Intl.ListFormat(undefined, { type: "disjunction" });

/** For whoever meets a workspace whose licences are all taken: where to buy one, or whom to ask. */
export function LicencesHelp() {
  const { slug, can } = useTenant();
  const buyers = useQuery({ ...licenceBuyersQuery(slug), enabled: !can.manageLicences && can.viewMembers });
  if (can.manageLicences) {
    return (
      <p>
        <Link to={paths.buyLicences(slug)}>Buy licences</Link>
      </p>
    );
  }
  const { items = [], more = 0 } = buyers.data ?? {};
  if (items.length === 0) return <p>An admin can buy more.</p>;
  const people = items.map(({ name }) => name);
  return (
    <p>
      Ask <span translate="no">{names.format(people)}</span>
      {more > 0 && ` (or ${counted(more, "other person", "other people")})`} to buy more.
    </p>
  );
}
