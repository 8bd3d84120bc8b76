import { searchOf } from "./page";
import { describedProduct, productOf, type Product } from "./product";
import type { Settings } from "./settings";

/** What watching a page calls when something happens on it. */
export interface Noted {
  page: () => void;
  track: (event: string, properties: Record<string, unknown>) => void;
}

const JSON_LD = 'script[type="application/ld+json"]';
const PRODUCT = "data-relance-product";
const ADD = "data-relance-add";
const RECOMMENDED = "data-relance-recommendation";
/** What adds to the cart in Shopify and WooCommerce, and in WooCommerce's lists and PrestaShop. */
const CART_FORMS = 'form[action*="/cart/add"], form.cart';
const CART_BUTTONS = '.ajax_add_to_cart[data-product_id], [data-button-action="add-to-cart"]';
/** Where the pages of Shopify, PrestaShop and WooCommerce say the product's own id; JSON-LD has another one. */
const OWN_ID = 'form [name="product-id"], form [name="id_product"], form [name="add-to-cart"]';
/** Milliseconds after which a page that changed its address by script shows what it is about. */
const SETTLED = 1000;

/** Note pages, products, searches, carts and recommendations without a call; each is passed through `safely`. */
export function watch(settings: Settings, noted: Noted, safely: (act: () => void) => void): void {
  let seen = "";
  let product: Product | undefined;

  const look = () => {
    const before = JSON.stringify(product);
    product = productOfPage();
    if (product && JSON.stringify(product) !== before) noted.track("Product Viewed", product);
  };
  const view = () => {
    const here = location.pathname + location.search;
    if (here === seen) return;
    const isFirst = !seen;
    seen = here;
    noted.page();
    const query = searchOf(location.href, settings.search);
    if (query) noted.track("Products Searched", { query });
    if (!isFirst) setTimeout(() => safely(look), SETTLED);
    else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => safely(look));
    else look();
  };
  const add = (said: Product | undefined, form: Element | null) => {
    const typed = form?.querySelector<HTMLInputElement>("[name=quantity],[name=qty]");
    const facts = said || product;
    if (facts) noted.track("Product Added", { ...facts, quantity: Number(typed?.value) || 1 });
  };
  const clicked = (event: Event) => {
    const target = event.target as Element | null;
    const chosen = target?.closest?.(`[${RECOMMENDED}]`);
    if (chosen) noted.track("Recommendation Clicked", said(chosen, RECOMMENDED) || {});
    const button = target?.closest?.(`[${ADD}]:not(form), ${CART_BUTTONS}`);
    if (button) add(said(button, ADD) || productOf(button.getAttribute("data-product_id")), button.closest("form"));
  };
  const submitted = (event: Event) => {
    const form = event.target as Element;
    if (form.hasAttribute(ADD)) add(said(form, ADD), form);
    else if (form.matches(CART_FORMS) && !form.querySelector(`[${ADD}]`)) add(said(form, ADD), form);
  };

  const push = history.pushState;
  history.pushState = function (...given) {
    push.apply(history, given);
    setTimeout(() => safely(view));
  };
  addEventListener("popstate", () => safely(view));
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    seen = "";
    product = undefined;
    safely(view);
  });
  document.addEventListener("click", (event) => safely(() => clicked(event)), true);
  document.addEventListener("submit", (event) => safely(() => submitted(event)), true);
  view();
}

/** What an attribute says, else the product around it. */
function said(element: Element, attribute: string): Product | undefined {
  return (
    productOf(element.getAttribute(attribute)) || productOf(element.closest(`[${PRODUCT}]`)?.getAttribute(PRODUCT))
  );
}

function productOfPage(): Product | undefined {
  const marked = document.querySelectorAll(`[${PRODUCT}]`);
  if (marked.length) return marked.length === 1 ? productOf(marked[0]!.getAttribute(PRODUCT)) : undefined;
  const described = describedProduct([...document.querySelectorAll(JSON_LD)].map((script) => script.textContent || ""));
  const id = document.querySelector<HTMLInputElement>(OWN_ID)?.value;
  return described && id ? { ...described, product_id: id } : described;
}
