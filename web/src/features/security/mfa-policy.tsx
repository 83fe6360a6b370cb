import { Button, Radio, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import { paths } from "../../paths.ts";
import { counted, number, people } from "../../ui/counted.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { Name } from "../../ui/name.tsx";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { mfaMembersQuery, mfaQuery, withoutMfaQuery } from "./mfa-queries.ts";
import classes from "./mfa.module.css";
import security from "./security.module.css";

type Policy = "disabled" | "optional" | "enforced";

const CHOICES: ReadonlyArray<{ value: Policy; label: string; description: string }> = [
  { value: "disabled", label: "Disabled", description: "This workspace doesn't ask for it. Members may still use it." },
  { value: "optional", label: "Optional", description: "Members choose for themselves. Those without it see a reminder." },
  { value: "enforced", label: "Enforced", description: "Members without it must set it up before they can enter." },
];

/** The workspace's policy on two-step verification, who it would concern, and who has it. */
export function MfaPolicySection() {
  const { slug } = useTenant();
  const mfa = useQuery(mfaQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="mfa">
      <h2 id="mfa">Two-step verification</h2>
      {mfa.isPending && <Skeleton height={240} radius="md" />}
      {mfa.isError && !mfa.data && <LoadFailure error={mfa.error} retry={() => void mfa.refetch()} />}
      {mfa.data && (
        <>
          <p>
            {number(mfa.data.enrolled)} of {people(mfa.data.members)} {mfa.data.enrolled === 1 ? "has" : "have"} it.
          </p>
          <PolicyForm saved={mfa.data.policy} canSet={mfa.data.can.setPolicy} />
          <WhoHasIt />
        </>
      )}
    </section>
  );
}

function PolicyForm({ saved, canSet }: { saved: Policy; canSet: boolean }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  /** What was chosen since the last save. */
  const [chosen, choose] = useState<Policy | null>(null);
  const policy = chosen ?? saved;
  const save = useMutation({
    mutationFn: () =>
      confirmed(() => call(api.PUT("/api/v1/tenants/{slug}/security/mfa", { params: { path: { slug } }, body: { policy } }))),
    onSuccess: (mfa) => {
      queries.setQueryData(mfaQuery(slug).queryKey, mfa);
      choose(null);
    },
  });
  const changed = policy !== saved;
  return (
    <form
      className={classes.form}
      aria-label="Two-step verification policy"
      data-unsaved={changed && !save.isPending}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Radio.Group
        label="Policy"
        value={policy}
        onChange={(value) => {
          save.reset();
          choose(value);
        }}
      >
        <div className={classes.choices}>
          {CHOICES.map((choice) => (
            <Radio key={choice.value} {...choice} disabled={!canSet} />
          ))}
        </div>
      </Radio.Group>
      {!canSet && <p>Your role doesn&apos;t let you set the policy. Ask an admin.</p>}
      {changed && policy === "enforced" && <WhoMustEnrol />}
      <FailureNote>{save.isError && words(save.error)}</FailureNote>
      {failureCode(save.error) === "mfa_yourself_first" && (
        <Link to={paths.account()}>Set up two-step verification in your account</Link>
      )}
      {canSet && (
        <div className={security.actions}>
          <p role="status">{save.isSuccess && !changed && "Saved for everyone."}</p>
          <Button type="submit" disabled={!changed} loading={save.isPending}>
            Save policy
          </Button>
        </div>
      )}
      {dialog}
    </form>
  );
}

/** More names would push the button off the screen, and a screen reader reads all of them. */
const MAX_NAMES = 12;

/** Names, before the policy is saved, the members who could no longer enter. */
function WhoMustEnrol() {
  const { slug } = useTenant();
  const without = useQuery({ ...withoutMfaQuery(slug), staleTime: 0 });
  if (without.isError) return <LoadFailure error={without.error} retry={() => void without.refetch()} />;
  if (!without.data) return null;
  if (without.data.length === 0) return <p role="status">Everyone here has it already.</p>;
  return (
    <div role="status">
      <p>
        {counted(without.data.length, "person has", "people have")} to set it up before they can enter again. Talks in progress
        end at once:
      </p>
      <ul className={classes.names}>
        {without.data.slice(0, MAX_NAMES).map(({ memberId, name }) => (
          <li key={memberId}>
            <Name>{name}</Name>
          </li>
        ))}
        {without.data.length > MAX_NAMES && <li>and {number(without.data.length - MAX_NAMES)} more</li>}
      </ul>
    </div>
  );
}

function WhoHasIt() {
  const [opened, { toggle }] = useDisclosure();
  return (
    <>
      <Button variant="default" className={security.apart} aria-expanded={opened} onClick={toggle}>
        {opened ? "Hide who has it" : "Show who has it"}
      </Button>
      {opened && <HolderTable />}
    </>
  );
}

function HolderTable() {
  const { slug } = useTenant();
  const members = useQuery(mfaMembersQuery(slug));
  if (members.isPending) return <Skeleton height={72} radius="md" />;
  if (members.isError) return <LoadFailure error={members.error} retry={() => void members.refetch()} />;
  return (
    <table className={classes.table}>
      <caption>Who has two-step verification</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Two-step verification</th>
        </tr>
      </thead>
      <tbody>
        {members.data.map(({ memberId, name, enrolled }) => (
          <tr key={memberId}>
            <td>
              <Name>{name}</Name>
            </td>
            <td>{enrolled ? "On" : "Not set up"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
