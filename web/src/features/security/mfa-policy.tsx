import { Button, Radio } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import { paths } from "../../paths.ts";
import { counted, people } from "../../ui/counted.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { Name } from "../../ui/name.tsx";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { mfaMembersQuery, mfaQuery, withoutMfaQuery } from "./mfa-queries.ts";
import classes from "./mfa.module.css";

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
    <section className={classes.section} aria-labelledby="mfa">
      <h2 id="mfa">Two-step verification</h2>
      {mfa.isError && <LoadFailure error={mfa.error} retry={() => void mfa.refetch()} />}
      {mfa.data && (
        <>
          <p>
            {mfa.data.enrolled} of {people(mfa.data.members)} have it.
          </p>
          <PolicyForm key={mfa.data.policy} saved={mfa.data.policy} canSet={mfa.data.can.setPolicy} />
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
  const [policy, setPolicy] = useState(saved);
  const save = useMutation({
    mutationFn: () =>
      confirmed(() => call(api.PUT("/api/v1/tenants/{slug}/security/mfa", { params: { path: { slug } }, body: { policy } }))),
    onSuccess: (mfa) => queries.setQueryData(mfaQuery(slug).queryKey, mfa),
  });
  const changed = policy !== saved;
  return (
    <form
      className={classes.form}
      aria-label="Two-step verification policy"
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
          setPolicy(value);
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
        <div className={classes.actions}>
          <Button type="submit" disabled={!changed} loading={save.isPending}>
            Save policy
          </Button>
          <p role="status">{save.isSuccess && "Saved for everyone."}</p>
        </div>
      )}
      {dialog}
    </form>
  );
}

/** Lists, before the policy is saved, the members who could no longer enter. */
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
        {without.data.map(({ memberId, name }) => (
          <li key={memberId}>
            <Name>{name}</Name>
          </li>
        ))}
      </ul>
    </div>
  );
}

function WhoHasIt() {
  const { slug } = useTenant();
  const [shown, setShown] = useState(false);
  const members = useQuery({ ...mfaMembersQuery(slug), enabled: shown });
  if (!shown) {
    return (
      <Button variant="default" className={classes.apart} onClick={() => setShown(true)}>
        Show who has it
      </Button>
    );
  }
  if (members.isError) return <LoadFailure error={members.error} retry={() => void members.refetch()} />;
  if (!members.data) return null;
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
