import { updateTenant } from "#contract/http/tenants.ts";
import { Button, ColorInput, Radio, Select, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMemo } from "react";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import type { Tenant } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { useNow } from "../../ui/use-now.ts";
import { timesOf } from "../../ui/time.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import formClasses from "../../ui/form.module.css";
import classes from "./settings.module.css";
import { cannotEdit, useSaveTenant } from "./use-save-tenant.ts";
import { WorkspaceMark } from "./workspace-mark.tsx";

/** Told apart at a glance, and none of them is a colour that means something on the board. */
const SWATCHES = ["#0a4a45", "#1c4e80", "#4a3a8c", "#7a2e6e", "#8a4b08", "#4d5b1f", "#37474f", "#111827"];

/** How the workspace looks to everybody in it, and how it tells times. */
export function WorkspaceDisplay({ tenant }: { tenant: Tenant }) {
  const save = useSaveTenant(tenant);
  const reason = cannotEdit(tenant);
  const zones = useMemo(() => timeZones(tenant.display.timeZone), [tenant.display.timeZone]);
  const form = useForm({
    initialValues: { ...tenant.display, accentColour: tenant.display.accentColour ?? "" },
    validate: (values) => validateWith(updateTenant.body)(toSettings(values)),
  });
  const { values } = form;
  const now = new Date(useNow(true, 10_000)).toISOString();
  const { busy, failure, onSubmit } = useSubmit(form, async (sent) => {
    const { display } = await save(toSettings(sent));
    form.setInitialValues({ ...display, accentColour: display.accentColour ?? "" });
    form.reset();
    notifications.show({ message: "Saved. Everybody sees it so." });
  });

  return (
    <form className={classes.section} data-read-only={reason !== null} aria-labelledby="display" onSubmit={onSubmit} noValidate>
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
          description="At the top of its pages, and behind its initials where it has no logo"
          placeholder="Given by whoot"
          size="md"
          swatches={SWATCHES}
          swatchesPerRow={8}
          closeOnColorSwatchClick
          withEyeDropper={false}
          popoverProps={{ withinPortal: false }}
          readOnly={reason !== null}
          disallowInput={reason !== null}
          {...form.getInputProps("accentColour")}
        />
      </div>
      <Select
        label="Time zone"
        description={`Times in the workspace are told for this place: there it is ${timesOf({
          ...values,
          timeZone: values.timeZone,
        })
          .timeOfDay(now)
          .replace(/:\d\d(?=\s|$)/, "")} now`}
        data={zones}
        searchable
        nothingFoundMessage="No such place. Try the next large city."
        readOnly={reason !== null}
        {...form.getInputProps("timeZone")}
      />
      <Radio.Group size="md" label="Clock" {...form.getInputProps("clock")} readOnly={reason !== null}>
        <Stack gap="xs" mt="xs">
          <Radio value="24h" label="24 hours: 14:05" />
          <Radio value="12h" label="12 hours: 2:05 PM" />
        </Stack>
      </Radio.Group>
      <Radio.Group
        size="md"
        label="Talk key"
        description="For everybody who hasn't chosen otherwise on their own computer. People who may not latch always hold."
        {...form.getInputProps("talkKeyMode")}
        readOnly={reason !== null}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="hold" label="Hold to talk" />
          <Radio value="latch" label="Press once to talk, again to stop" />
        </Stack>
      </Radio.Group>
      <div className={formClasses.actions}>
        <WithReason reason={reason}>
          <Button type="submit" loading={busy} disabled={reason === null && !form.isDirty()}>
            Save
          </Button>
        </WithReason>
      </div>
    </form>
  );
}

type Values = Omit<Tenant["display"], "accentColour"> & { accentColour: string };

function toSettings(values: Values): Tenant["display"] {
  return { ...values, accentColour: values.accentColour === "" ? null : values.accentColour };
}

/** What this browser knows, and the workspace's own, which it may not. */
function timeZones(current: string): string[] {
  return [...new Set(["UTC", current, ...Intl.supportedValuesOf("timeZone")])].sort();
}
