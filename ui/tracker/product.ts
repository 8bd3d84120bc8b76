/** A product in the words of Segment's e-commerce events. */
export type Product = Record<string, unknown>;

type Node = Record<string, unknown>;

/** A product from what a shop says in a call or an attribute: an object, its JSON, or an id. */
export function productOf(said: unknown): Product | undefined {
  if (said && typeof said === "object") return said as Product;
  const text = String(said ?? "").trim();
  if (!text) return undefined;
  if (!text.startsWith("{")) return { product_id: text };
  try {
    return JSON.parse(text) as Product;
  } catch {
    return undefined;
  }
}

/** The product of a page by its JSON-LD (https://schema.org/Product); a page that has several is about none. */
export function describedProduct(scripts: string[]): Product | undefined {
  const found = scripts.flatMap(nodesOf).filter((node) => is(node, "Product") || is(node, "ProductGroup"));
  return found.length === 1 ? translated(found[0]!) : undefined;
}

function nodesOf(script: string): Node[] {
  try {
    return list(JSON.parse(script)).flatMap((node) => (node["@graph"] ? list(node["@graph"]) : [node]));
  } catch {
    return [];
  }
}

function list(value: unknown): Node[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((node): node is Node => !!node && typeof node === "object");
}

function is(node: Node, type: string): boolean {
  const types = node["@type"];
  return Array.isArray(types) ? types.includes(type) : types === type;
}

function translated(node: Node): Product | undefined {
  const variant = list(node["hasVariant"])[0];
  const offer = list(node["offers"])[0] || list(variant?.["offers"])[0] || {};
  const facts: Product = {
    product_id: text(node["productID"] || node["productGroupID"] || node["sku"] || variant?.["sku"] || node["@id"]),
    sku: text(node["sku"] || variant?.["sku"]),
    name: text(node["name"]),
    brand: text(node["brand"]),
    category: text(node["category"]),
    price: amount(offer["price"] ?? offer["lowPrice"] ?? list(offer["priceSpecification"])[0]?.["price"]),
    currency: text(offer["priceCurrency"]),
    image_url: text(node["image"]),
    url: text(node["url"]),
  };
  for (const name in facts) if (facts[name] === undefined) delete facts[name];
  return facts["product_id"] || facts["name"] ? facts : undefined;
}

function text(value: unknown): string | undefined {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  if (one && typeof one === "object") return text((one as Node)["name"] || (one as Node)["url"]);
  return one === undefined || one === null || one === "" ? undefined : String(one);
}

function amount(value: unknown): number | undefined {
  const number = parseFloat(String(value));
  return isFinite(number) ? number : undefined;
}
