//! The detector of the repository is the published one.

use std::fs;

use safetensors::SafeTensors;

#[test]
fn the_detector_in_the_models_folder_has_five_filters_of_ten_by_ten_cells() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/dlib_frontal_face_detector.svm");
    let bytes = dlib_export::hog_to_safetensors(&fs::read(path).unwrap()).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let doubles = |name: &str| -> Vec<f64> {
        let (words, rest) = file.tensor(name).unwrap().data().as_chunks();
        assert!(rest.is_empty());
        words.iter().map(|&word| f64::from_le_bytes(word)).collect()
    };
    assert_eq!(file.tensor("filters").unwrap().shape(), [5, 31, 10, 10]);
    let thresholds = [
        3.274_495_776_699_650_8,
        3.986_821_636_074_024,
        3.895_935_675_034_818_4,
        3.514_869_035_259_679_6,
        3.558_029_025_830_369,
    ];
    assert_eq!(doubles("thresholds"), thresholds);
    assert_eq!(doubles("overlap"), [0.330_082_121_880_564_46, 0.788_571_428_571_428_6]);
}
