/**
 * The only door to the component library (Mantine). Pages import from here, so that the library can be replaced
 * in this one folder.
 */
export {
  Accordion,
  ActionIcon,
  Alert,
  Anchor,
  Badge,
  Box,
  Breadcrumbs,
  Burger,
  Button,
  Card,
  Center,
  Checkbox,
  Code,
  CopyButton,
  Divider,
  Drawer,
  Grid,
  Group,
  List,
  Loader,
  Menu,
  Modal,
  MultiSelect,
  Paper,
  Progress,
  ScrollArea,
  SegmentedControl,
  Select,
  SimpleGrid,
  Skeleton,
  Stack,
  Table,
  Tabs,
  Text,
  TextInput,
  Title,
  UnstyledButton,
  VisuallyHidden,
  useComputedColorScheme,
  useMantineColorScheme as useColorScheme,
} from "@mantine/core";
export type { AnchorProps, ButtonProps, MenuItemProps } from "@mantine/core";
export { useDebouncedCallback, useDebouncedValue, useDisclosure, useMediaQuery } from "@mantine/hooks";
export { notify } from "./notify";
