import { createLink } from "@tanstack/react-router";
import type { ComponentPropsWithRef } from "react";
import { Anchor, Button, type AnchorProps, type ButtonProps } from "@/kit/kit";

type Link<Look> = Look & Omit<ComponentPropsWithRef<"a">, keyof Look>;

/** A link in text to one of our own pages; the router checks its address and its parameters. */
export const TextLink = createLink((props: Link<AnchorProps>) => <Anchor {...props} />);

/** A link that looks like a button. */
export const ButtonLink = createLink((props: Link<ButtonProps>) => <Button component="a" {...props} />);
