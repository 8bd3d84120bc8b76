/** Shows a short notice; the code that draws it is loaded with the first one. */
export async function notify(message: string): Promise<void> {
  const { notifications } = await import("@mantine/notifications");
  notifications.show({ message, color: "teal", withCloseButton: false });
}
