import { updateChannel } from "#contract/http/channels.ts";
import { Button, Modal, Skeleton } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { channelQuery } from "./queries.ts";
import { showing } from "../../api/outdated.ts";
import type { Channel, ChannelDetail } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { useFollowSaved } from "../../ui/use-follow-saved.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import formClasses from "../../ui/form.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { ChannelFacts } from "./channel-facts.tsx";
import { ChannelFields, type ChannelValues } from "./channel-fields.tsx";
import classes from "./channel-form.module.css";

interface ChannelSettingsProps {
  channel: Channel;
  opened: boolean;
  onClose: () => void;
}

export function ChannelSettings({ channel, opened, onClose }: ChannelSettingsProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Settings for ${channel.name}`}>
      <Settings channel={channel} onClose={onClose} />
      <DeleteChannel channel={channel} />
    </Modal>
  );
}

function Settings({ channel, onClose }: Omit<ChannelSettingsProps, "opened">) {
  const { slug } = useTenant();
  // No cache: the form must not show the channel as it was when the dialog was last open.
  const { data, error } = useQuery({ ...channelQuery(slug, channel.channelId), gcTime: 0 });
  if (data) return <SettingsForm channel={data} onClose={onClose} />;
  return error ? <FailureNote>{words(error)}</FailureNote> : <Skeleton height={320} />;
}

function SettingsForm({ channel, onClose }: { channel: ChannelDetail; onClose: () => void }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { name, description, recording, transmission, talkers, channelId, can } = channel;
  const form = useForm<ChannelValues>({
    initialValues: { name, description, recording, transmission, talkers },
    validate: validateWith(updateChannel.body),
  });
  useFollowSaved(form, { name, description, recording, transmission, talkers });
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    // Only what this person may change, or the server refuses the whole request.
    const body = {
      ...(can.edit && { name: values.name, description: values.description }),
      ...(can.configureRecording && { recording: values.recording }),
      ...(can.setTransmission && { transmission: values.transmission, talkers: values.talkers }),
    };
    await call(api.PATCH("/api/v1/tenants/{slug}/channels/{channelId}", { params: { path: { slug, channelId } }, body }));
    await queries.invalidateQueries(showing(slug, "channels"));
    onClose();
  });

  return (
    <form className={formClasses.form} onSubmit={onSubmit} noValidate>
      <FailureNote>{failure}</FailureNote>
      <ChannelFields form={form} may={can} />
      <ChannelFacts channel={channel} />
      {(can.edit || can.configureRecording || can.setTransmission) && (
        <div className={formClasses.actions}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Save changes
          </Button>
        </div>
      )}
    </form>
  );
}

function DeleteChannel({ channel: { channelId, name, can } }: { channel: Channel }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [confirming, confirmation] = useDisclosure();
  const remove = useMutation({
    mutationFn: () => call(api.DELETE("/api/v1/tenants/{slug}/channels/{channelId}", { params: { path: { slug, channelId } } })),
    onSuccess: async () => {
      await navigate(paths.board(slug));
      await queries.invalidateQueries(showing(slug, "channels"));
      notifications.show({ message: `${name} was deleted.` });
    },
  });
  return (
    <section className={classes.danger}>
      <h3>Delete this channel</h3>
      <p>This also erases its recordings, for everyone. It can't be undone.</p>
      <FailureNote>{remove.isError && words(remove.error)}</FailureNote>
      {confirming ? (
        <div className={formClasses.actions}>
          <Button variant="default" onClick={confirmation.close}>
            Keep it
          </Button>
          <Button color="brick" loading={remove.isPending} onClick={() => remove.mutate()}>
            Delete {name} and its recordings
          </Button>
        </div>
      ) : (
        <WithReason reason={can.delete ? null : "Your role can't delete channels. An admin can."}>
          <Button color="brick" variant="outline" onClick={confirmation.open}>
            Delete {name}…
          </Button>
        </WithReason>
      )}
    </section>
  );
}
