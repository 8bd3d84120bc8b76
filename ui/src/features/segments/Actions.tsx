import { useTranslation } from "react-i18next";
import type { Keep } from "./useKeep";
import { CopyIcon, CustomersIcon, DotsIcon, SaveIcon, TrashIcon } from "@/icons/icons";
import { ActionIcon, Button, Group, Menu, Modal, Text, useDisclosure } from "@/kit/kit";
import type { Schemas } from "@/shared/useAnswer";
import { MenuLink } from "@/shared/MenuLink";

interface ActionsProps {
  saved: Schemas["SegmentDetail"] | undefined;
  ready: boolean;
  keep: Keep;
  body: Schemas["SegmentSave"];
  onSave: () => void;
}

function More({ segmentId, keep, body }: { segmentId: string; keep: Keep; body: Schemas["SegmentSave"] }) {
  const { t } = useTranslation();
  const [asking, dialog] = useDisclosure(false);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t("common.more")}>
            <DotsIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <MenuLink to="/customers" search={{ segment: segmentId }} leftSection={<CustomersIcon size={16} />}>
            {t("segment.see_members")}
          </MenuLink>
          <Menu.Item
            leftSection={<CopyIcon size={16} />}
            onClick={() => keep.create.mutate({ ...body, name: t("segment.copy_name", { name: body.name }) })}
          >
            {t("segment.save_as_new")}
          </Menu.Item>
          <Menu.Item leftSection={<TrashIcon size={16} />} c="var(--c-danger)" onClick={dialog.open}>
            {t("segment.remove")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={asking}
        onClose={dialog.close}
        title={t("segment.remove_title", { name: body.name })}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Text mb="lg">{t("segment.remove_text")}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={dialog.close}>
            {t("common.cancel")}
          </Button>
          <Button
            color="red.9"
            onClick={() => {
              dialog.close();
              keep.remove.mutate();
            }}
          >
            {t("segment.remove")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}

/** One primary button, the rest in a menu. */
export function Actions({ saved, ready, keep, body, onSave }: ActionsProps) {
  const { t } = useTranslation();
  return (
    <>
      {saved && <More segmentId={saved.segment.segment_id} keep={keep} body={body} />}
      <Button leftSection={<SaveIcon />} disabled={!ready} loading={keep.save.isPending} onClick={onSave}>
        {t("segment.save")}
      </Button>
    </>
  );
}
