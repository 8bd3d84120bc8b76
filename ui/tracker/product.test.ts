import { expect, test } from "vitest";
import { describedProduct, productOf } from "./product";

const soap = {
  "@context": "https://schema.org",
  "@type": "Product",
  name: "Clay soap",
  sku: "SOAP-1",
  brand: { "@type": "Brand", name: "Clairval" },
  image: ["https://shop.example/soap.jpg", "https://shop.example/soap-2.jpg"],
  offers: { "@type": "Offer", price: "9.90", priceCurrency: "EUR" },
};
const told = {
  product_id: "SOAP-1",
  sku: "SOAP-1",
  name: "Clay soap",
  brand: "Clairval",
  price: 9.9,
  currency: "EUR",
  image_url: "https://shop.example/soap.jpg",
};
const one = (node: unknown) => describedProduct([JSON.stringify(node)]);

test("a product is read from JSON-LD in Segment's words", () => {
  expect(one(soap)).toEqual(told);
  expect(one({ "@graph": [{ "@type": "WebSite", name: "Shop" }, soap] })).toEqual(told);
  expect(one([{ "@type": "BreadcrumbList" }, { ...soap, "@type": ["Product", "Thing"] }])).toEqual(told);
  expect(describedProduct(["not json", JSON.stringify(soap), ""])).toEqual(told);
});

test("a price stands in several places", () => {
  const price = (offers: unknown) => one({ ...soap, offers })?.["price"];
  expect(price([{ price: 8 }, { price: 9 }])).toBe(8);
  expect(price({ "@type": "AggregateOffer", lowPrice: "7.5" })).toBe(7.5);
  expect(price({ priceSpecification: [{ price: "6.00" }] })).toBe(6);
  expect(price(undefined)).toBeUndefined();
  expect(price({ price: "on demand" })).toBeUndefined();
});

test("a group of variants is one product", () => {
  const group = { "@type": "ProductGroup", productGroupID: "42", name: "Soap", hasVariant: [{ ...soap }, { ...soap }] };
  expect(one(group)).toMatchObject({ product_id: "42", name: "Soap", sku: "SOAP-1", price: 9.9 });
});

test("a page of several products is about none", () => {
  expect(one([soap, soap])).toBeUndefined();
  expect(one({ "@type": "ItemList", itemListElement: [soap] })).toBeUndefined();
  expect(one({ "@type": "Product" })).toBeUndefined();
});

test("a shop names a product by an object, its JSON or an id", () => {
  expect(productOf({ product_id: "1" })).toEqual({ product_id: "1" });
  expect(productOf(' {"product_id":"1"} ')).toEqual({ product_id: "1" });
  expect(productOf(17)).toEqual({ product_id: "17" });
  expect(["", null, undefined, "{broken"].map(productOf)).toEqual([undefined, undefined, undefined, undefined]);
});
