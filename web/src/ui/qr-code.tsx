import { encodeQR } from "qr";

/** Modules of white around the code, which readers need (ISO/IEC 18004). */
const QUIET = 4;

/** A QR code, dark on white in both themes: not every reader takes light on dark. */
export function QrCode({ value, label }: { value: string; label: string }) {
  const rows = encodeQR(value, "raw", { border: QUIET });
  const path = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      width="208"
      height="208"
      shapeRendering="crispEdges"
    >
      <rect width="100%" height="100%" fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
