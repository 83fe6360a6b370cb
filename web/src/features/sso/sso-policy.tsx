import { Button, NumberInput, Radio } from "@mantine/core";
import { IconCircle, IconCircleCheck } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import type { Sso } from "../../api/types.ts";
import { wallNow } from "../../ui/clocks.ts";
import { counted } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { fromNow } from "../../ui/time.ts";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import security from "../security/security.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { isRecent } from "./connection-words.ts";
import { ssoQuery } from "./queries.ts";
import classes from "./sso.module.css";

type Policy = Sso["policy"];

const MAX_HOURS = 720;

const hoursWords = (hours: number) => counted(hours, "hour", "hours");

/**
 * Whether members must come through single sign-on. Before saving, the form shows the conditions and the members whom the policy concerns.
 */
export function SsoPolicySection({ sso }: { sso: Sso }) {
  if (sso.can.setPolicy) return <PolicyForm sso={sso} />;
  return (
    <p>
      {sso.policy === "required" ? "Single sign-on is required. " : "Single sign-on is optional. "}
      {sso.policy === "required" && <WhoIsConcerned domains={sso.domains} />} A sign-in holds for {hoursWords(sso.hours)}.
    </p>
  );
}

function WhoIsConcerned({ domains }: { domains: string[] }) {
  const { name } = useTenant();
  return (
    <>
      Everyone whose address ends in {domains.map((domain) => `@${domain}`).join(" or ") || "a verified domain"} enters {name}{" "}
      only through single sign-on. The owner can also enter with password and second factor. Nothing changes for people with other
      addresses.
    </>
  );
}

function PolicyForm({ sso }: { sso: Sso }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  /** What was chosen since the last save. */
  const [chosen, choose] = useState<{ policy?: Policy; hours?: number | string }>({});
  const { policy, hours } = { policy: sso.policy, hours: sso.hours, ...chosen };
  const valid = typeof hours === "number" && Number.isInteger(hours) && hours >= 1 && hours <= MAX_HOURS;
  const save = useMutation({
    mutationFn: () =>
      confirmed(() =>
        call(
          api.PUT("/api/v1/tenants/{slug}/sso/policy", { params: { path: { slug } }, body: { policy, hours: Number(hours) } }),
        ),
      ),
    onSuccess: async (now) => {
      queries.setQueryData(ssoQuery(slug).queryKey, now);
      choose({});
      await queries.invalidateQueries(showing(slug, "auditLog"));
    },
  });
  const changed = policy !== sso.policy || hours !== sso.hours;
  return (
    <form
      className={classes.policy}
      aria-label="Single sign-on policy"
      data-unsaved={changed && !save.isPending}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (changed && valid && !save.isPending) save.mutate();
      }}
    >
      <Radio.Group
        label="Policy"
        value={policy}
        onChange={(value) => {
          save.reset();
          choose({ ...chosen, policy: value });
        }}
      >
        <div className={classes.choices}>
          <Radio value="optional" label="Optional" description="People choose how they sign in." />
          <Radio
            value="required"
            label="Required"
            description="People with an address on a verified domain can enter only through single sign-on."
          />
        </div>
      </Radio.Group>
      {policy === "required" && sso.policy !== "required" && <Conditions sso={sso} />}
      <NumberInput
        label="Repeat the sign-in after"
        description="People who left the company lose access after this time at the latest. From 1 to 720."
        suffix={hours === 1 ? " hour" : " hours"}
        min={1}
        max={MAX_HOURS}
        allowDecimal={false}
        allowNegative={false}
        clampBehavior="none"
        maw={320}
        value={hours}
        error={valid ? null : "Enter a number from 1 to 720."}
        onChange={(value) => {
          save.reset();
          choose({ ...chosen, hours: value });
        }}
      />
      <FailureNote>{save.isError && words(save.error)}</FailureNote>
      <div className={security.actions}>
        <p role="status">{save.isSuccess && !changed && "Saved for everyone."}</p>
        <Button type="submit" disabled={!changed || !valid} loading={save.isPending}>
          {policy === "required" && sso.policy !== "required" ? "Require single sign-on" : "Save policy"}
        </Button>
      </div>
      {dialog}
    </form>
  );
}

/** The conditions for requiring single sign-on, checked as far as this page can know. */
function Conditions({ sso: { domains, connections } }: { sso: Sso }) {
  const now = wallNow();
  const usable = connections.filter(({ enabled }) => enabled);
  const newest = usable
    .flatMap(({ testedAt }) => testedAt ?? [])
    .toSorted()
    .at(-1);
  return (
    <div className={classes.conditions}>
      <p>Requiring it takes:</p>
      <ul>
        <Condition met={domains.length > 0}>
          {domains.length > 0
            ? `a verified domain: ${domains.join(", ")}`
            : "a verified domain. Verify one below, under Domains."}
        </Condition>
        <Condition met={usable.length > 0}>a connection that is switched on</Condition>
        <Condition met={isRecent(newest ?? null, now)}>
          a test by you that succeeded within the last hour
          {newest === undefined ? ". No test has succeeded yet." : ` (last test: ${fromNow(newest, now)})`}
        </Condition>
      </ul>
      <p>
        <WhoIsConcerned domains={domains} />
      </p>
      <p>Members whom this concerns and who entered in another way must sign in again at once, and their talks end.</p>
    </div>
  );
}

function Condition({ met, children }: { met: boolean; children: React.ReactNode }) {
  return (
    <li data-met={met}>
      {met ? (
        <IconCircleCheck size={18} role="img" aria-label="Met:" />
      ) : (
        <IconCircle size={18} role="img" aria-label="Missing:" />
      )}
      <span>{children}</span>
    </li>
  );
}
