import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef } from "react";
import { Menu, type MenuItemProps } from "@/kit/kit";

type Props = MenuItemProps & Omit<ComponentPropsWithRef<"a">, keyof MenuItemProps>;

/** A link in a menu. It stands alone because menus are heavy and the frame needs only the other links. */
export const MenuLink = createLink((props: Props) => <Menu.Item component="a" {...props} />);
