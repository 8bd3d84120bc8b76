/** Icons used by the interface: paths from Tabler Icons (MIT licence, see LICENSE beside this file), drawn on a 24 px grid. */
import type { ReactElement, SVGProps } from "react";

export interface IconProps extends SVGProps<SVGSVGElement> {
  size?: number;
}

export type Icon = (props: IconProps) => ReactElement;

function icon(...paths: string[]): Icon {
  return function DrawnIcon({ size = 18, ...rest }: IconProps) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.75}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
        {...rest}
      >
        {paths.map((path) => (
          <path key={path} d={path} />
        ))}
      </svg>
    );
  };
}

export const HomeIcon = icon(
  "M5 12l-2 0l9 -9l9 9l-2 0",
  "M5 12v7a2 2 0 0 0 2 2h10a2 2 0 0 0 2 -2v-7",
  "M9 21v-6a2 2 0 0 1 2 -2h2a2 2 0 0 1 2 2v6",
);
export const CustomersIcon = icon(
  "M5 7a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
  "M3 21v-2a4 4 0 0 1 4 -4h4a4 4 0 0 1 4 4v2",
  "M16 3.13a4 4 0 0 1 0 7.75",
  "M21 21v-2a4 4 0 0 0 -3 -3.85",
);
export const SegmentsIcon = icon(
  "M12 3v5m4 4h5",
  "M8.929 14.582l-3.429 2.918",
  "M8 12a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
  "M3 12a9 9 0 1 0 18 0a9 9 0 1 0 -18 0",
);
export const GridIcon = icon(
  "M4 5a1 1 0 0 1 1 -1h4a1 1 0 0 1 1 1v4a1 1 0 0 1 -1 1h-4a1 1 0 0 1 -1 -1l0 -4",
  "M14 5a1 1 0 0 1 1 -1h4a1 1 0 0 1 1 1v4a1 1 0 0 1 -1 1h-4a1 1 0 0 1 -1 -1l0 -4",
  "M4 15a1 1 0 0 1 1 -1h4a1 1 0 0 1 1 1v4a1 1 0 0 1 -1 1h-4a1 1 0 0 1 -1 -1l0 -4",
  "M14 15a1 1 0 0 1 1 -1h4a1 1 0 0 1 1 1v4a1 1 0 0 1 -1 1h-4a1 1 0 0 1 -1 -1l0 -4",
);
export const FlowIcon = icon("M6 3v8.707", "M16 14l4 -4l-4 -4", "M6 21c0 -6.075 4.925 -11 11 -11h3");
export const ReportIcon = icon(
  "M3 13a1 1 0 0 1 1 -1h4a1 1 0 0 1 1 1v6a1 1 0 0 1 -1 1h-4a1 1 0 0 1 -1 -1l0 -6",
  "M15 9a1 1 0 0 1 1 -1h4a1 1 0 0 1 1 1v10a1 1 0 0 1 -1 1h-4a1 1 0 0 1 -1 -1l0 -10",
  "M9 5a1 1 0 0 1 1 -1h4a1 1 0 0 1 1 1v14a1 1 0 0 1 -1 1h-4a1 1 0 0 1 -1 -1l0 -14",
  "M4 20h14",
);
export const MailIcon = icon(
  "M3 7a2 2 0 0 1 2 -2h14a2 2 0 0 1 2 2v10a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-10",
  "M3 7l9 6l9 -6",
);
export const MailboxIcon = icon(
  "M4 6a2 2 0 0 1 2 -2h12a2 2 0 0 1 2 2v12a2 2 0 0 1 -2 2h-12a2 2 0 0 1 -2 -2l0 -12",
  "M4 13h3l3 3h4l3 -3h3",
);
export const SunIcon = icon(
  "M8 12a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
  "M3 12h1m8 -9v1m8 8h1m-9 8v1m-6.4 -15.4l.7 .7m12.1 -.7l-.7 .7m0 11.4l.7 .7m-12.1 -.7l-.7 .7",
);
export const MoonIcon = icon("M12 3c.132 0 .263 0 .393 0a7.5 7.5 0 0 0 7.92 12.446a9 9 0 1 1 -8.313 -12.454l0 .008");
export const SystemIcon = icon(
  "M3 5a1 1 0 0 1 1 -1h16a1 1 0 0 1 1 1v10a1 1 0 0 1 -1 1h-16a1 1 0 0 1 -1 -1v-10",
  "M7 20h10",
  "M9 16v4",
  "M15 16v4",
);
export const LanguageIcon = icon(
  "M9 6.371c0 4.418 -2.239 6.629 -5 6.629",
  "M4 6.371h7",
  "M5 9c0 2.144 2.252 3.908 6 4",
  "M12 20l4 -9l4 9",
  "M19.1 18h-6.2",
  "M6.694 3l.793 .582",
);
export const LogoutIcon = icon(
  "M14 8v-2a2 2 0 0 0 -2 -2h-7a2 2 0 0 0 -2 2v12a2 2 0 0 0 2 2h7a2 2 0 0 0 2 -2v-2",
  "M9 12h12l-3 -3",
  "M18 15l3 -3",
);
export const SearchIcon = icon("M3 10a7 7 0 1 0 14 0a7 7 0 1 0 -14 0", "M21 21l-6 -6");
export const PlusIcon = icon("M12 5l0 14", "M5 12l14 0");
export const CheckIcon = icon("M5 12l5 5l10 -10");
export const CrossIcon = icon("M18 6l-12 12", "M6 6l12 12");
export const WarningIcon = icon(
  "M12 9v4",
  "M10.363 3.591l-8.106 13.534a1.914 1.914 0 0 0 1.636 2.871h16.214a1.914 1.914 0 0 0 1.636 -2.87l-8.106 -13.536a1.914 1.914 0 0 0 -3.274 0",
  "M12 16h.01",
);
export const InfoIcon = icon("M3 12a9 9 0 1 0 18 0a9 9 0 0 0 -18 0", "M12 9h.01", "M11 12h1v4h1");
export const ArrowRightIcon = icon("M5 12l14 0", "M13 18l6 -6", "M13 6l6 6");
export const ArrowLeftIcon = icon("M5 12l14 0", "M5 12l6 6", "M5 12l6 -6");
export const ArrowUpIcon = icon("M17 7l-10 10", "M8 7l9 0l0 9");
export const ArrowDownIcon = icon("M7 7l10 10", "M17 8l0 9l-9 0");
export const ChevronRightIcon = icon("M9 6l6 6l-6 6");
export const ChevronDownIcon = icon("M6 9l6 6l6 -6");
export const CartIcon = icon(
  "M4 19a2 2 0 1 0 4 0a2 2 0 1 0 -4 0",
  "M15 19a2 2 0 1 0 4 0a2 2 0 1 0 -4 0",
  "M17 17h-11v-14h-2",
  "M6 5l14 1l-1 7h-13",
);
export const RefundIcon = icon(
  "M5 21v-16a2 2 0 0 1 2 -2h10a2 2 0 0 1 2 2v16l-3 -2l-2 2l-2 -2l-2 2l-2 -2l-3 2",
  "M15 14v-2a2 2 0 0 0 -2 -2h-4l2 -2m0 4l-2 -2",
);
export const ClickIcon = icon(
  "M3 12l3 0",
  "M12 3l0 3",
  "M7.8 7.8l-2.2 -2.2",
  "M16.2 7.8l2.2 -2.2",
  "M7.8 16.2l-2.2 2.2",
  "M12 12l9 3l-4 2l-2 4l-3 -9",
);
export const OpenIcon = icon(
  "M3 9l9 6l9 -6l-9 -6l-9 6",
  "M21 9v10a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-10",
  "M3 19l6 -6",
  "M15 13l6 6",
);
export const BounceIcon = icon(
  "M13.5 19h-8.5a2 2 0 0 1 -2 -2v-10a2 2 0 0 1 2 -2h14a2 2 0 0 1 2 2v6",
  "M3 7l9 6l9 -6",
  "M22 22l-5 -5",
  "M17 22l5 -5",
);
export const EyeIcon = icon(
  "M10 12a2 2 0 1 0 4 0a2 2 0 0 0 -4 0",
  "M21 12c-2.4 4 -5.4 6 -9 6c-3.6 0 -6.6 -2 -9 -6c2.4 -4 5.4 -6 9 -6c3.6 0 6.6 2 9 6",
);
export const ClockIcon = icon("M3 12a9 9 0 1 0 18 0a9 9 0 0 0 -18 0", "M12 7v5l3 3");
export const PlayIcon = icon("M7 4v16l13 -8l-13 -8");
export const PauseIcon = icon(
  "M6 6a1 1 0 0 1 1 -1h2a1 1 0 0 1 1 1v12a1 1 0 0 1 -1 1h-2a1 1 0 0 1 -1 -1l0 -12",
  "M14 6a1 1 0 0 1 1 -1h2a1 1 0 0 1 1 1v12a1 1 0 0 1 -1 1h-2a1 1 0 0 1 -1 -1l0 -12",
);
export const BranchIcon = icon(
  "M5 18a2 2 0 1 0 4 0a2 2 0 1 0 -4 0",
  "M5 6a2 2 0 1 0 4 0a2 2 0 1 0 -4 0",
  "M15 6a2 2 0 1 0 4 0a2 2 0 1 0 -4 0",
  "M7 8l0 8",
  "M9 18h6a2 2 0 0 0 2 -2v-5",
  "M14 14l3 -3l3 3",
);
export const FlagIcon = icon("M5 5a5 5 0 0 1 7 0a5 5 0 0 0 7 0v9a5 5 0 0 1 -7 0a5 5 0 0 0 -7 0v-9", "M5 21v-7");
export const ExitIcon = icon(
  "M13 12v.01",
  "M3 21h18",
  "M5 21v-16a2 2 0 0 1 2 -2h7.5m2.5 10.5v7.5",
  "M14 7h7m-3 -3l3 3l-3 3",
);
export const TableIcon = icon(
  "M3 5a2 2 0 0 1 2 -2h14a2 2 0 0 1 2 2v14a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-14",
  "M3 10h18",
  "M10 3v18",
);
export const ChartIcon = icon("M4 19l16 0", "M4 15l4 -6l4 2l4 -5l4 4");
export const PhoneIcon = icon(
  "M6 5a2 2 0 0 1 2 -2h8a2 2 0 0 1 2 2v14a2 2 0 0 1 -2 2h-8a2 2 0 0 1 -2 -2v-14",
  "M11 4h2",
  "M12 17v.01",
);
export const DesktopIcon = icon(
  "M3 19l18 0",
  "M5 7a1 1 0 0 1 1 -1h12a1 1 0 0 1 1 1v8a1 1 0 0 1 -1 1h-12a1 1 0 0 1 -1 -1l0 -8",
);
export const TrashIcon = icon(
  "M4 7l16 0",
  "M10 11l0 6",
  "M14 11l0 6",
  "M5 7l1 12a2 2 0 0 0 2 2h8a2 2 0 0 0 2 -2l1 -12",
  "M9 7v-3a1 1 0 0 1 1 -1h4a1 1 0 0 1 1 1v3",
);
export const DotsIcon = icon(
  "M4 12a1 1 0 1 0 2 0a1 1 0 1 0 -2 0",
  "M11 12a1 1 0 1 0 2 0a1 1 0 1 0 -2 0",
  "M18 12a1 1 0 1 0 2 0a1 1 0 1 0 -2 0",
);
export const SaveIcon = icon(
  "M6 4h10l4 4v10a2 2 0 0 1 -2 2h-12a2 2 0 0 1 -2 -2v-12a2 2 0 0 1 2 -2",
  "M10 14a2 2 0 1 0 4 0a2 2 0 1 0 -4 0",
  "M14 4l0 4l-6 0l0 -4",
);
export const TemplateIcon = icon(
  "M4 5a1 1 0 0 1 1 -1h14a1 1 0 0 1 1 1v2a1 1 0 0 1 -1 1h-14a1 1 0 0 1 -1 -1l0 -2",
  "M4 13a1 1 0 0 1 1 -1h4a1 1 0 0 1 1 1v6a1 1 0 0 1 -1 1h-4a1 1 0 0 1 -1 -1l0 -6",
  "M14 12l6 0",
  "M14 16l6 0",
  "M14 20l6 0",
);
export const ShieldIcon = icon(
  "M11.46 20.846a12 12 0 0 1 -7.96 -14.846a12 12 0 0 0 8.5 -3a12 12 0 0 0 8.5 3a12 12 0 0 1 -.09 7.06",
  "M15 19l2 2l4 -4",
);
export const ShieldOffIcon = icon(
  "M13.252 20.601c-.408 .155 -.826 .288 -1.252 .399a12 12 0 0 1 -8.5 -15a12 12 0 0 0 8.5 -3a12 12 0 0 0 8.5 3a12 12 0 0 1 -.19 7.357",
  "M22 22l-5 -5",
  "M17 22l5 -5",
);
export const StarIcon = icon(
  "M12 17.75l-6.172 3.245l1.179 -6.873l-5 -4.867l6.9 -1l3.086 -6.253l3.086 6.253l6.9 1l-5 4.867l1.179 6.873l-6.158 -3.245",
);
export const UploadIcon = icon("M4 17v2a2 2 0 0 0 2 2h12a2 2 0 0 0 2 -2v-2", "M7 9l5 -5l5 5", "M12 4l0 12");
export const ListIcon = icon("M9 6h11", "M12 12h8", "M15 18h5", "M5 6v.01", "M8 12v.01", "M11 18v.01");
export const JobsIcon = icon("M12 3a9 9 0 1 0 9 9");
export const CouponIcon = icon(
  "M15 5l0 2",
  "M15 11l0 2",
  "M15 17l0 2",
  "M5 5h14a2 2 0 0 1 2 2v3a2 2 0 0 0 0 4v3a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-3a2 2 0 0 0 0 -4v-3a2 2 0 0 1 2 -2",
);
export const UserIcon = icon("M8 7a4 4 0 1 0 8 0a4 4 0 0 0 -8 0", "M6 21v-2a4 4 0 0 1 4 -4h4a4 4 0 0 1 4 4v2");
export const SessionIcon = icon(
  "M3 12a9 9 0 1 0 18 0a9 9 0 0 0 -18 0",
  "M3.6 9h16.8",
  "M3.6 15h16.8",
  "M11.5 3a17 17 0 0 0 0 18",
  "M12.5 3a17 17 0 0 1 0 18",
);
export const TagIcon = icon(
  "M6.5 7.5a1 1 0 1 0 2 0a1 1 0 1 0 -2 0",
  "M3 6v5.172a2 2 0 0 0 .586 1.414l7.71 7.71a2.41 2.41 0 0 0 3.408 0l5.592 -5.592a2.41 2.41 0 0 0 0 -3.408l-7.71 -7.71a2 2 0 0 0 -1.414 -.586h-5.172a3 3 0 0 0 -3 3",
);
export const KeyIcon = icon("M8 15a4 4 0 1 0 8 0a4 4 0 1 0 -8 0", "M12 11v-8", "M12 3h4", "M12 7h3");
export const CopyIcon = icon(
  "M7 9.667a2.667 2.667 0 0 1 2.667 -2.667h8.666a2.667 2.667 0 0 1 2.667 2.667v8.666a2.667 2.667 0 0 1 -2.667 2.667h-8.666a2.667 2.667 0 0 1 -2.667 -2.667l0 -8.666",
  "M4.012 16.737a2.005 2.005 0 0 1 -1.012 -1.737v-10c0 -1.1 .9 -2 2 -2h10c.75 0 1.158 .385 1.5 1",
);
