import { updateTenant } from "#contract/http/tenants.ts";
import { Button, ColorInput, Radio, Select, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMemo } from "react";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import type { Tenant } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { useFollowSaved } from "../../ui/use-follow-saved.ts";
import { useWallClock } from "../../ui/use-now.ts";
import { timesOf } from "../../ui/time.ts";
import formClasses from "../../ui/form.module.css";
import { fittingOptions } from "../../ui/fitting-options.ts";
import classes from "./settings.module.css";
import { useSaveTenant } from "./use-save-tenant.ts";
import { WorkspaceMark } from "./workspace-mark.tsx";

/** Colours that differ at a glance and are not a state's colour on the board. */
const SWATCHES = ["#0a4a45", "#1c4e80", "#4a3a8c", "#7a2e6e", "#8a4b08", "#4d5b1f", "#37474f", "#111827"];

/** The form for how the workspace looks and shows times, for everybody in it. */
export function WorkspaceDisplay({ tenant }: { tenant: Tenant }) {
  const save = useSaveTenant(tenant);
  const zones = useMemo(() => timeZones(tenant.display.timeZone), [tenant.display.timeZone]);
  const saved = { ...tenant.display, accentColour: tenant.display.accentColour ?? "" };
  const form = useForm({
    initialValues: saved,
    validate: ({ timeZone, ...values }) =>
      // The workspace's own zone is not checked: this browser may not know it.
      validateWith(updateTenant.body)(toSettings(timeZone === tenant.display.timeZone ? values : { ...values, timeZone })),
  });
  useFollowSaved(form, saved);
  const { values } = form;
  const now = new Date(useWallClock(10_000)).toISOString();
  const { busy, failure, onSubmit } = useSubmit(form, async (sent) => {
    const { display } = await save(toSettings(sent));
    form.setInitialValues({ ...display, accentColour: display.accentColour ?? "" });
    form.reset();
    notifications.show({ message: "Saved for everyone." });
  });

  return (
    <form
      className={classes.section}
      aria-labelledby="display"
      data-unsaved={form.isDirty() && !busy}
      onSubmit={onSubmit}
      noValidate
    >
      <h2 id="display">Display</h2>
      <FailureNote>{failure}</FailureNote>
      <div className={classes.beside}>
        <WorkspaceMark
          name={tenant.name}
          tenantId={tenant.tenantId}
          accentColour={form.isValid("accentColour") ? values.accentColour || null : null}
          large
        />
        <ColorInput
          label="Colour"
          description="Shown at the top of every page, and behind the initials when there is no logo"
          placeholder="Chosen automatically"
          size="md"
          swatches={SWATCHES}
          swatchesPerRow={8}
          closeOnColorSwatchClick
          withEyeDropper={false}
          popoverProps={{ withinPortal: false }}
          {...form.getInputProps("accentColour")}
        />
      </div>
      <Select
        label="Time zone"
        description={`Times in the workspace are shown in this zone, where it's now ${timesOf(values).timeOfDay(now)}`}
        data={zones}
        searchable
        filter={fittingOptions}
        nothingFoundMessage="No matches. Try the nearest large city."
        {...form.getInputProps("timeZone")}
      />
      <Radio.Group size="md" label="Clock" {...form.getInputProps("clock")}>
        <Stack gap="xs" mt="xs">
          <Radio value="24h" label="24 hours: 14:05" />
          <Radio value="12h" label="12 hours: 2:05 PM" />
        </Stack>
      </Radio.Group>
      <Radio.Group
        size="md"
        label="Talk key"
        description="For everyone who hasn't chosen otherwise in their own browser. People who can't latch always hold."
        {...form.getInputProps("talkKeyMode")}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="hold" label="Hold to talk" />
          <Radio value="latch" label="Press once to talk, again to stop" />
        </Stack>
      </Radio.Group>
      <div className={formClasses.actions}>
        <Button type="submit" loading={busy} disabled={!form.isDirty()}>
          Save
        </Button>
      </div>
    </form>
  );
}

function toSettings<Values extends { accentColour: string }>(values: Values) {
  return { ...values, accentColour: values.accentColour === "" ? null : values.accentColour };
}

/** The zones that this browser knows, and the workspace's own, which it may not know. */
function timeZones(current: string): string[] {
  return [...new Set(["UTC", current, ...Intl.supportedValuesOf("timeZone")])].sort();
}
