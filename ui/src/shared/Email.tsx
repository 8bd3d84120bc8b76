import { Text } from "@/kit/kit";

/** An e-mail address that breaks before its "@" when the line is too short. */
export function Email({ address }: { address: string }) {
  const at = address.lastIndexOf("@");
  return (
    <Text size="sm" c="dimmed">
      {address.slice(0, Math.max(at, 0))}
      <wbr />
      {address.slice(Math.max(at, 0))}
    </Text>
  );
}
