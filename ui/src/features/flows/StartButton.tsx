import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { PauseIcon, PlayIcon } from "@/icons/icons";
import { Button, Checkbox, Group, Modal, Stack, Table, Text, useDisclosure } from "@/kit/kit";
import { useFormat } from "@/shared/session";
import { ErrorState, LoadingState } from "@/shared/states";
import { useAnswer, type Schemas } from "@/shared/useAnswer";

type Drawing = Schemas["FlowDrawing"];

/** Who already matches and where they would start; past steps are not sent. */
function Forecast({ flowId }: { flowId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error } = useAnswer({
    key: ["forecast", flowId],
    ask: (signal) =>
      answer(api.GET("/api/flows/{flow_id}/forecast", { params: { path: { flow_id: flowId } }, signal })),
  });
  if (error) return <ErrorState error={error} />;
  if (!data) return <LoadingState lines={3} height={28} />;
  return (
    <Stack gap="xs">
      <Text>{t("flow.forecast", { count: data.customers, shown: format.number(data.customers) })}</Text>
      {data.starts.length > 0 && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("flow.starts_at")}</Table.Th>
              <Table.Th ta="right">{t("flow.people")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.starts.map((start) => (
              <Table.Tr key={start.step}>
                <Table.Td>{start.title}</Table.Td>
                <Table.Td ta="right">{format.number(start.customers)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Text size="sm" c="dimmed">
        {t("flow.forecast_past")}
      </Text>
    </Stack>
  );
}

function StartDialog({ drawing, onClose }: { drawing: Drawing; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [confirmed, setConfirmed] = useState<string[]>([]);
  const flowId = drawing.flow.flow_id;
  const start = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/flows/{flow_id}/activate", {
          params: { path: { flow_id: flowId } },
          body: { confirmed_coupons: confirmed },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["flow", flowId] });
      await queries.invalidateQueries({ queryKey: ["flows"] });
      onClose();
    },
  });
  return (
    <Stack gap="md">
      <Forecast flowId={flowId} />
      {drawing.coupons_to_confirm.length > 0 && (
        <Checkbox.Group
          label={t("flow.coupons")}
          description={t("flow.coupons_hint")}
          value={confirmed}
          onChange={setConfirmed}
        >
          <Stack gap="xs" mt="xs">
            {drawing.coupons_to_confirm.map((code) => (
              <Checkbox key={code} value={code} label={t("flow.coupon_exists", { code })} />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
      {start.error && <ErrorState error={start.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("common.cancel")}
        </Button>
        <Button
          leftSection={<PlayIcon />}
          loading={start.isPending}
          disabled={confirmed.length < drawing.coupons_to_confirm.length}
          onClick={() => start.mutate()}
        >
          {t("flow.start")}
        </Button>
      </Group>
    </Stack>
  );
}

function PauseButton({ flowId }: { flowId: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const pause = useMutation({
    mutationFn: () => answer(api.POST("/api/flows/{flow_id}/pause", { params: { path: { flow_id: flowId } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["flow", flowId] });
      await queries.invalidateQueries({ queryKey: ["flows"] });
    },
  });
  return (
    <>
      {pause.error && <ErrorState error={pause.error} />}
      <Button variant="default" leftSection={<PauseIcon />} loading={pause.isPending} onClick={() => pause.mutate()}>
        {t("flow.pause")}
      </Button>
    </>
  );
}

/** Starts a flow after showing who would be in it, or pauses it at once. */
export function StartButton({ drawing }: { drawing: Drawing }) {
  const { t } = useTranslation();
  const [open, dialog] = useDisclosure(false);
  if (drawing.flow.state === "active") return <PauseButton flowId={drawing.flow.flow_id} />;
  return (
    <>
      <Button leftSection={<PlayIcon />} onClick={dialog.open}>
        {t("flow.start")}
      </Button>
      <Modal
        opened={open}
        onClose={dialog.close}
        title={t("flow.start_title", { name: drawing.flow.name })}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <StartDialog drawing={drawing} onClose={dialog.close} />
      </Modal>
    </>
  );
}
