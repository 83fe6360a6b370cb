import { createChannel } from "#contract/http/channels.ts";
import { Button, Modal } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { useVoiceClient } from "../../voice/use-voice.ts";
import formClasses from "../../ui/form.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { ChannelFields, type ChannelValues } from "./channel-fields.tsx";

const ALL = { edit: true, configureRecording: true, setTransmission: true };

export function ChannelCreate({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Create a channel">
      <CreateForm onClose={onClose} />
    </Modal>
  );
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const client = useVoiceClient();
  const form = useForm<ChannelValues>({
    initialValues: { name: "", description: "", recording: false, transmission: "open", talkers: { roleIds: [], memberIds: [] } },
    validate: validateWith(createChannel.body),
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    const channel = await call(api.POST("/api/v1/tenants/{slug}/channels", { params: { path: { slug } }, body }));
    await queries.invalidateQueries(showing(slug, "channels"));
    // The person who creates a channel joins it at once.
    if (channel.can.join) client.join(channel.channelId);
    onClose();
    await navigate(paths.board(slug));
  });

  return (
    <form className={formClasses.form} onSubmit={onSubmit} noValidate>
      <FailureNote>{failure}</FailureNote>
      <ChannelFields form={form} may={ALL} />
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Create and join
        </Button>
      </div>
    </form>
  );
}
