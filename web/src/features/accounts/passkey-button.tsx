import { Button, type ButtonProps } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";

interface PasskeyButtonProps extends ButtonProps {
  autoFocus?: boolean;
  onClick: () => void;
}

export function PasskeyButton({ children = "Use a passkey", ...props }: PasskeyButtonProps) {
  return (
    <Button leftSection={<IconFingerprint size={18} aria-hidden />} {...props}>
      {children}
    </Button>
  );
}
