import { nameColumn, text } from "../columns/columns";
import { containerImages, containerNames, formatLabels } from "../columns/format";
import { defineKind } from "../define-kind";
import { defaultPodTemplate } from "../pod-spec/defaults";
import { validatePodTemplate } from "../pod-spec/validate";
import type { PodTemplateSpec, Typed } from "../types";

type PodTemplate = Typed<{ template: PodTemplateSpec }>;

export const podTemplate = defineKind<PodTemplate>("", "PodTemplate", {
  columns: [
    nameColumn(),
    text("Containers", ({ template }) => containerNames(template?.spec)),
    text("Images", ({ template }) => containerImages(template?.spec)),
    text("Pod Labels", ({ template }) => formatLabels(template?.metadata?.labels)),
  ],
  defaults({ template }) {
    defaultPodTemplate(template);
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  validate: ({ template }) => validatePodTemplate(template, "template"),
});
