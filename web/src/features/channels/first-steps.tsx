import { Button, CloseButton } from "@mantine/core";
import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import { IconCircle, IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { memberCountQuery } from "../members/queries.ts";
import { openInvitationsQuery } from "../invitations/queries.ts";
import type { Channel } from "../../api/types.ts";
import { LevelMeter } from "../../voice/level-meter.tsx";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { InvitationCreate } from "../invitations/invitation-create.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { ChannelCreate } from "./channel-create.tsx";
import classes from "./first-steps.module.css";

interface FirstStepsProps {
  channels: readonly Channel[];
  /** Shown when every step is done or hidden, or this person may not do them. */
  instead: React.ReactNode;
}

/** What a new workspace needs, for people who may do it. Disappears when it is done or hidden. */
export function FirstSteps({ channels, instead }: FirstStepsProps) {
  const { slug, can, self } = useTenant();
  const [isHidden, setHidden] = useLocalStorage({ key: `whoot.first-steps.${self.memberId}`, defaultValue: false });
  const isOffered = can.createChannels && can.invite && !isHidden;
  const members = useQuery({ ...memberCountQuery(slug, {}), enabled: isOffered && can.viewMembers });
  const invitations = useQuery({ ...openInvitationsQuery(slug), enabled: isOffered });
  const [creating, create] = useDisclosure();
  const [inviting, invite] = useDisclosure();
  const microphone = useVoice((state) => state.microphone);

  if (!isOffered) return instead;
  // While these load, a step that was done long ago would look open.
  if (members.isLoading || invitations.isPending) return null;
  const hasChannel = channels.length > 0;
  const hasPeople = (members.data ?? 1) > 1 || invitations.data === true;
  if (hasChannel && hasPeople) return instead;
  const steps = [hasChannel, hasPeople, ...(can.talk ? [microphone === "ready"] : [])];
  return (
    <section className={classes.steps} aria-labelledby="first-steps">
      <header className={classes.head}>
        <h2 id="first-steps">First steps</h2>
        <span className={classes.dim} translate="no">
          {steps.filter(Boolean).length} of {steps.length}
        </span>
        <CloseButton aria-label="Hide the first steps" onClick={() => setHidden(true)} />
      </header>
      <ol>
        <Step done={hasChannel} title="Create a channel" more="A line that people join to hear each other.">
          <Button size="sm" onClick={create.open}>
            Create a channel
          </Button>
        </Step>
        <Step done={hasPeople} title="Invite people" more="By mail, one at a time or from a list.">
          <Button size="sm" variant={hasChannel ? "filled" : "default"} onClick={invite.open}>
            Send invitations
          </Button>
        </Step>
        {can.talk && <MicrophoneStep />}
      </ol>
      <ChannelCreate opened={creating} onClose={create.close} />
      <InvitationCreate opened={inviting} onClose={invite.close} />
    </section>
  );
}

function MicrophoneStep() {
  const client = useVoiceClient();
  const microphone = useVoice((state) => state.microphone);
  const isReady = microphone === "ready";
  return (
    <Step done={isReady} title="Test your microphone" more={microphoneWords(microphone)}>
      {isReady ? (
        <LevelMeter read={client.microphoneLevel} />
      ) : (
        <Button
          size="sm"
          variant="default"
          loading={microphone === "asking"}
          disabled={microphone === "insecure"}
          onClick={() => void client.askForMicrophone()}
        >
          Test
        </Button>
      )}
    </Step>
  );
}

function microphoneWords(microphone: string): string {
  switch (microphone) {
    case "ready":
      return "Say something: the bars move with your voice.";
    case "unasked":
    case "asking":
      return "Your browser will ask whether whoot may use it.";
    default:
      return "It doesn't work yet. Allow it in your browser, then try again.";
  }
}

interface StepProps {
  done: boolean;
  title: string;
  more: string;
  children: React.ReactNode;
}

function Step({ done, title, more, children }: StepProps) {
  const Icon = done ? IconCircleCheck : IconCircle;
  return (
    <li className={classes.step} data-done={done}>
      <Icon size={22} role="img" aria-label={done ? "Done" : "To do"} />
      <span className={classes.text}>
        <strong>{title}</strong>
        <span className={classes.dim}>{more}</span>
      </span>
      {(!done || title === "Test your microphone") && children}
    </li>
  );
}
