const IMAGE_ID = /^(sha256:)?[a-f0-9]{12,64}$/;

/** Whether an image was written as an id, long or short, instead of a name: it then has neither repository nor tag. */
export function isImageId(image: string): boolean {
  return IMAGE_ID.test(image);
}
