import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { membersNamedQuery } from "../members/queries.ts";
import { rolesQuery } from "../roles/queries.ts";
import type { ChannelDetail } from "../../api/types.ts";
import { counted, people } from "../../ui/counted.ts";
import { Fact, Facts } from "../../ui/facts.tsx";
import { namesApart } from "../../ui/tell-apart.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import classes from "./channel-form.module.css";

/** The settings of a channel that this person can't change, as text. */
export function ChannelFacts({ channel }: { channel: ChannelDetail }) {
  const id = useId();
  const { name, description, recording, transmission, can } = channel;
  if (can.edit && can.configureRecording && can.setTransmission) return null;
  return (
    <section className={classes.facts} aria-labelledby={id}>
      <h3 id={id}>Your role can&apos;t change these</h3>
      <Facts>
        {!can.edit && (
          <>
            <Fact term="Name">
              <span translate="no">{name}</span>
            </Fact>
            {description !== "" && (
              <Fact term="Description">
                <span translate="no">{description}</span>
              </Fact>
            )}
          </>
        )}
        {!can.configureRecording && (
          <Fact term="Recording">{recording ? "On: everything said is kept for replay" : "Off: nothing is kept"}</Fact>
        )}
        {!can.setTransmission && (
          <Fact term="Who may talk">
            {transmission === "open" ? "Everyone whose role may talk" : <Chosen talkers={channel.talkers} />}
          </Fact>
        )}
      </Facts>
    </section>
  );
}

/** The chosen roles and people: by name if this person may see them, else as a count. */
function Chosen({ talkers: { roleIds, memberIds } }: Pick<ChannelDetail, "talkers">) {
  const { slug, can } = useTenant();
  const { dateWords, fullTime } = useTimes();
  const roles = useQuery({ ...rolesQuery(slug), enabled: can.viewRoles && roleIds.length > 0 });
  const members = useQuery({ ...membersNamedQuery(slug, memberIds), enabled: can.viewMembers && memberIds.length > 0 });
  if (roleIds.length + memberIds.length === 0) return "Nobody: no roles or people are chosen";
  const roleNames = (roles.data ?? []).filter(({ roleId }) => roleIds.includes(roleId)).map(({ name }) => name);
  const names = [...namesApart(members.data ?? [], dateWords, fullTime).values()];
  const [moreRoles, morePeople] = [roleIds.length - roleNames.length, memberIds.length - names.length];
  return (
    <span translate="no">
      {[
        ...roleNames,
        ...(moreRoles > 0 ? [counted(moreRoles, "role", "roles")] : []),
        ...names,
        ...(morePeople > 0 ? [people(morePeople)] : []),
      ].join(", ")}
    </span>
  );
}
