/** The only entrance of @sandyq/dicomweb: PS3.18 on the wire, without HTTP framework and without I/O. */

// Content negotiation
export { type Accept, type MediaRange, parseAccept } from './accept.ts';
// Search
export { parseAttributePath } from './attribute-path.ts';
// Errors
export { DicomwebError, type DicomwebErrorCode, type DicomwebErrorDetails } from './errors.ts';
// HTTP: entity tags and ranges
export { entityTag, isMatchFulfilled, isNoneMatchFulfilled, isRangeWanted } from './etag.ts';
export type { IncludedFields } from './include-field.ts';
export type { Match, PersonNameMatch, RangeMatch } from './match.ts';
export { essenceOf, formatMediaType, type MediaType, parseMediaType } from './media-type.ts';
export {
  dataSetOffers,
  dataSetsOffers,
  dicomJsonType,
  dicomXmlType,
  type ModelOffer,
} from './metadata-offers.ts';
// Multipart
export {
  boundaryOf,
  defaultMultipartLimits,
  type MultipartLimits,
  type Part,
  readMultipartRelated,
} from './multipart-reader.ts';
export {
  boundaryFrom,
  type MultipartFormat,
  MultipartWriter,
  multipartLength,
  type PartHeaderFields,
} from './multipart-writer.ts';
// Answers
export { dicomJsonToXml } from './native-dicom-xml.ts';
export { contentTypeOf, negotiate, type Representation } from './negotiate.ts';
export type { PartHeaders } from './part-headers.ts';
export { isVideo, mediaTypeOfPixelData, octetStream } from './pixel-media-types.ts';
export { contentRange, parseRange, type RequestedRange, unsatisfiedRange } from './range.ts';
export {
  type FailureReason,
  type FailureReasonName,
  failureReasonOfDicomError,
  failureReasons,
  type Reason,
  type WarningReasonName,
  warningReasons,
} from './reasons.ts';
// Rendered resources and WADO-URI
export {
  animatedTypes,
  type PictureType,
  pictureTypes,
  type RenderedContent,
  type RenderedOffer,
  renderedOffers,
  thumbnailOffers,
} from './rendered-offers.ts';
export {
  type AnnotationKeyword,
  annotationKeywords,
  type IccProfileValue,
  iccProfileValues,
  type ParsedRenderedParameters,
  parseRenderedParameters,
  parseThumbnailViewport,
  type RenderedParameters,
  type RenderedResource,
  type RequestedWindow,
} from './rendered-parameters.ts';
export {
  fitInto,
  longestViewportSide,
  type PixelSize,
  type PlacedViewport,
  placeViewport,
  type Viewport,
} from './rendered-viewport.ts';
// Paths
export {
  bulkDataUrl,
  frameUrl,
  type InstancePath,
  instanceUrl,
  parseBulkDataPath,
  parseFrameList,
  parseUid,
  seriesUrl,
  studyUrl,
} from './resource-path.ts';
// The resources as a whole
export {
  methodsOfRoute,
  RESOURCES,
  type ResourceDescription,
  type ResourceMethod,
  routeOfResource,
  SERVICE_PATH,
} from './resources.ts';
export {
  bulkDataOffer,
  type Codecs,
  type Conversion,
  dicomOffers,
  isSentByWebServices,
  longestValueBytes,
  pixelDataOffers,
  type RetrieveOffer,
  type StoredContent,
} from './retrieve-offers.ts';
export {
  type ReturnAttribute,
  type ReturnRule,
  returnAttributes,
  returnedLevels,
} from './return-attributes.ts';
export type { Filter } from './search-filters.ts';
export { parseSearch, type SearchRequest, type SearchScope } from './search-request.ts';
export { furtherResults, notReturned, remainingResults, warningHeader } from './search-warnings.ts';
export { type StoreResponse, type StoreResult, storeResponse } from './store-response.ts';
export {
  levelOfTag,
  type SearchLevel,
  type SupportedAttribute,
  supportedAttributeAt,
  supportedAttributes,
} from './supported-attributes.ts';
export {
  type PresentationReference,
  parseWadoUri,
  type RelativeRegion,
  type WadoUriRequest,
} from './wado-uri-parameters.ts';
