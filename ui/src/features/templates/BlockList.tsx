import { useState } from "react";
import { useTranslation } from "react-i18next";
import { BlockFields } from "./BlockFields";
import { blockTypes, moved, newBlock, saidBy, type Block, type BlockType } from "./blocks";
import type { Written } from "./LanguageTabs";
import { ArrowDownIcon, ArrowUpIcon, ChevronDownIcon, ChevronRightIcon, TrashIcon } from "@/icons/icons";
import { ActionIcon, Badge, Button, Group, Paper, Select, Stack, Text, UnstyledButton } from "@/kit/kit";
import type { Schemas } from "@/shared/useAnswer";

interface BlockListProps {
  blocks: Block[];
  written: Written;
  /** The ids of the shared blocks that may be put in. */
  shared: string[];
  remarks: Schemas["TemplateRemark"][];
  onChange: (blocks: Block[]) => void;
}

/** The blocks in their order: each opens to its form, moves up and down, and goes away. */
export function BlockList({ blocks, written, shared, remarks, onChange }: BlockListProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<number>();
  const [adding, setAdding] = useState<BlockType>("text");
  const put = (at: number, block: Block) => onChange(blocks.map((one, place) => (place === at ? block : one)));
  const move = (at: number, by: number) => {
    onChange(moved(blocks, at, by));
    setOpen(undefined);
  };
  const choices = blockTypes.filter((type) => type !== "shared" || shared.length > 0);
  return (
    <Stack gap="xs">
      {blocks.map((block, at) => {
        const name = t(`templates.blocks.${block.type}`);
        const mine = remarks.filter(
          ({ place }) => place.startsWith(`blocks.${at + 1}`) && !/^\d/.test(place.slice(`blocks.${at + 1}`.length)),
        );
        return (
          <Paper key={at} className="template-block" component="section" aria-label={`${at + 1}. ${name}`}>
            <Group gap="xs" wrap="nowrap">
              <UnstyledButton
                aria-expanded={open === at}
                onClick={() => setOpen(open === at ? undefined : at)}
                style={{ flex: 1, minWidth: 0 }}
              >
                <Group gap="xs" wrap="nowrap">
                  {open === at ? <ChevronDownIcon size={16} /> : <ChevronRightIcon size={16} />}
                  <Text fw={500} size="sm" style={{ whiteSpace: "nowrap" }}>
                    {name}
                  </Text>
                  <Text size="sm" c="dimmed" truncate>
                    {saidBy(block, written)}
                  </Text>
                  {mine.length > 0 && (
                    <Badge color={mine.some(({ level }) => level === "stop") ? "red" : "yellow"}>{mine.length}</Badge>
                  )}
                </Group>
              </UnstyledButton>
              <ActionIcon
                variant="subtle"
                aria-label={t("templates.up", { block: name })}
                onClick={() => move(at, -1)}
                disabled={at === 0}
              >
                <ArrowUpIcon size={16} style={{ transform: "rotate(-45deg)" }} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                aria-label={t("templates.down", { block: name })}
                onClick={() => move(at, 1)}
                disabled={at === blocks.length - 1}
              >
                <ArrowDownIcon size={16} style={{ transform: "rotate(45deg)" }} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                aria-label={t("templates.remove", { block: name })}
                onClick={() => onChange(blocks.filter((_, place) => place !== at))}
              >
                <TrashIcon size={16} />
              </ActionIcon>
            </Group>
            {open === at && (
              <BlockFields block={block} written={written} shared={shared} onChange={(changed) => put(at, changed)} />
            )}
          </Paper>
        );
      })}
      <Group gap="sm" align="flex-end">
        <Select
          label={t("templates.new_block")}
          value={adding}
          onChange={(value) => setAdding((value ?? "text") as BlockType)}
          data={choices.map((value) => ({ value, label: t(`templates.blocks.${value}`) }))}
          allowDeselect={false}
        />
        <Button
          variant="default"
          onClick={() => {
            onChange([...blocks, newBlock(adding, shared[0])]);
            setOpen(blocks.length);
          }}
        >
          {t("templates.add")}
        </Button>
      </Group>
    </Stack>
  );
}
