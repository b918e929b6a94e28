// Joins the shapes with our markers (markers/*.txt) to the schemas that the API server publishes.

const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** Types whose JSON form is not that of their fields. */
const special = {
  Quantity: "io.k8s.apimachinery.pkg.api.resource.Quantity",
  Time: `${meta}.Time`,
  MicroTime: `${meta}.MicroTime`,
  IntOrString: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
  RawExtension: "io.k8s.apimachinery.pkg.runtime.RawExtension",
  FieldsV1: `${meta}.FieldsV1`,
  JSON: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
};

/** Joined schemas, keyed by their full name. `tables`: parsed markers; `models`, `textOf`: the package readers. */
export function joinSchemas(tables, models, texts) {
  const names = new Map();
  for (const type of tables) names.set(classOf(type, models), type.name);
  const schemas = {};
  for (const type of tables) {
    const model = models.get(classOf(type, models));
    schemas[type.name] = type.literal
      ? { ...described(texts.withBreaks(model?.description || texts.typeText(type.name))), ...type.literal }
      : joinType(type, model, names, texts);
  }
  return schemas;
}

/** client-node prefixes a class with its group where two groups have a type of the name. */
export function classOf(type, models) {
  const version = capital(type.version);
  const group = capital(type.group.split(".")[0]);
  const prefixed = `${group}${version}${type.kind}`;
  return models.has(prefixed) ? prefixed : `${version}${type.kind}`;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const described = (description) => (description ? { description } : {});

function joinType(type, model, names, texts) {
  if (!model)
    throw new Error(`generate-openapi: no package has the type ${type.name}; see scripts/openapi/markers`);
  const properties = {};
  const required = [];
  for (const [name, field] of [...model.fields].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (field.required) required.push(name);
    const [own, other] = [field.description ?? "", texts.fieldText(type.name, name)].map((text) =>
      unspecific.test(text) ? "" : text,
    );
    properties[name] = joinField(
      { ...field, description: texts.withBreaks(own || other) },
      type.fields.get(name) ?? { extensions: {} },
      names,
    );
  }
  return {
    description: texts.withBreaks(model.description),
    type: "object",
    ...(required.length > 0 ? { required } : {}),
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(type.gvk.length > 0 ? { "x-kubernetes-group-version-kind": type.gvk } : {}),
    ...type.extensions,
  };
}

/** client-node describes the type, not the field, where the type is one of these. */
const unspecific =
  /^(IntOrString is a type|MicroTime is version of Time|Quantity is a fixed-point|JSON represents|JSONSchemaPropsOr\w+ represents)/;

export function joinField(field, marks, names) {
  const shape = shapeOf(field.type, field.format, marks, names);
  const schema = shape.$ref ? { allOf: [shape] } : shape;
  if (marks.default !== undefined) schema.default = marks.default;
  else if (field.required && !marks.noDefault) Object.assign(schema, zeroOf(shape));
  const plain =
    shape.$ref &&
    !field.description &&
    marks.default === undefined &&
    Object.keys(marks.extensions).length === 0;
  return plain ? shape : { ...described(field.description), ...schema, ...marks.extensions };
}

/** The default of a Go field that is no pointer: its zero value. */
function zeroOf(shape) {
  if (shape.type === "string" && !shape.format) return { default: "" };
  if (shape.type === "integer" || shape.type === "number") return { default: 0 };
  return shape.type === "boolean" ? { default: false } : {};
}

function shapeOf(type, format, marks, names) {
  const list = /^Array<(.*)>$/.exec(type);
  if (list) return { type: "array", items: element(shapeOf(list[1], "", marks, names), marks) };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type);
  if (map) {
    return { type: "object", additionalProperties: element(shapeOf(map[1], format, marks, names), marks) };
  }
  if (marks.type === "object") return { type: "object" };
  if (marks.type) return ref(special[marks.type] ?? marks.type);
  switch (type) {
    case "string":
    case "boolean":
      return { type, ...(format ? { format } : {}) };
    case "number": {
      const width = marks.format ?? (format || "int32");
      return { type: width.startsWith("int") ? "integer" : "number", format: width };
    }
    case "Date":
      return ref(special.Time);
    case "V1MicroTime":
      return ref(special.MicroTime);
    case "IntOrString":
      return ref(special.IntOrString);
    case "any":
      return ref(special.RawExtension);
    default: {
      const name = names.get(type);
      if (!name) throw new Error(`generate-openapi: no marker line for the class ${type}`);
      return ref(name);
    }
  }
}

/** What stands in lists and maps has a default too, unless its elements are pointers. */
function element(shape, marks) {
  if (shape.$ref)
    return marks.pointerItems || structless.test(shape.$ref) ? shape : { allOf: [shape], default: {} };
  return marks.pointerItems ? shape : { ...shape, ...zeroOf(shape) };
}

/** Types of any JSON value: they have no zero value. */
const structless = /\.(JSON|JSONSchemaPropsOr\w+)$/;
